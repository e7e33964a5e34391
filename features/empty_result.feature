Feature: A query that returns no row

  Scenario: A file with the labels only
    When the query "SELECT id, name FROM users WHERE status = 'gone'" is extracted
    Then 0 records were processed
    And the file is
      """
      "id","name"
      """

  Scenario: A failure, for users who expect rows
    When the usual event comes with {"query": "SELECT id FROM users WHERE false", "onEmpty": "fail"}
    Then the extraction fails as NoData in stage rows
    And the statusCode is 400

  Scenario: No file
    When the usual event comes with {"query": "SELECT id FROM users WHERE false", "onEmpty": "skip"}
    Then 0 records were processed
    And the body's "s3Location" is null
    And the body's "bytesWritten" is 0
    And nothing was written

  Scenario Outline: The operator chooses with ON_EMPTY <way>
    Given the variable ON_EMPTY is "<way>"
    When the query "SELECT id FROM users WHERE false" is extracted
    Then the statusCode is <status>
    And the buckets hold <objects> objects

    Examples:
      | way    | status | objects |
      | header | 200    | 1       |
      | fail   | 400    | 0       |
      | skip   | 200    | 0       |

  Scenario Outline: onEmpty <way> has no effect if there are rows
    When the usual event comes with {"onEmpty": "<way>"}
    Then 2 records were processed
    And the buckets hold 1 object

    Examples:
      | way  |
      | fail |
      | skip |
