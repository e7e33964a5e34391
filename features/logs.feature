Feature: What a run leaves in the log
  One JSON object per line, with the request's id, and one record of metrics.

  Scenario: A success
    When the usual event comes
    Then every line of the log is JSON with the request's id
    And the log has a line of level INFO that says "extraction completed"
    And one metric record says "Success" with 2 rows

  Scenario: A failure
    When the query "SELECT * FROM nowhere" is extracted
    Then every line of the log is JSON with the request's id
    And the log has a line of level ERROR that says "relation "nowhere" does not exist"
    And one metric record says "QueryInvalid" with 0 rows

  Scenario: A mistake in the event
    When the usual event comes with {"bukcet": "x"}
    Then every line of the log is JSON with the request's id
    And one metric record says "InvalidRequest" with 0 rows

  Scenario: The lines of each invocation have the id of its own request
    When the usual event comes
    And the same event comes again
    Then every line of the log is JSON with the request's id
    And one metric record says "Success" with 2 rows

  Scenario Outline: The level follows <variable>
    Given the variable <variable> is "ERROR"
    When the usual event comes
    Then the log has no line of level INFO
    And one metric record says "Success" with 2 rows

    Examples:
      | variable             |
      | LOG_LEVEL            |
      | AWS_LAMBDA_LOG_LEVEL |

  Scenario: Even at the lowest level no secret is logged
    Given the variable LOG_LEVEL is "TRACE"
    When the query "SELECT email FROM users" is extracted
    Then the extraction succeeds
