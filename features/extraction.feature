Feature: Extraction
  The function replaces the Java function and does the same.

  Scenario: A successful extraction
    When the usual event comes
    Then 2 records were processed
    And the message says "Data extraction completed successfully"
    And the object is "s3://data-extraction-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv"
    And the file is
      """
      "id","name"
      "1","Ada"
      "3","Cleo"
      """

  Scenario: A custom query
    When this query is extracted
      """
      SELECT u.name, count(*) AS orders, sum(o.amount) AS total
      FROM users u JOIN orders o ON o.user_id = u.id
      GROUP BY u.name ORDER BY u.name
      """
    Then 3 records were processed
    And the file is
      """
      "name","orders","total"
      "Ada","2","269.90"
      "Ben","1","7.25"
      "Cleo","2","1264.10"
      """

  Scenario: A database that refuses the connection
    Given nothing listens on the database's port
    When the usual event comes
    Then the extraction fails as ConnectRefused in stage connection
    And the error says "nothing listens there"
    And it can be tried again as it is

  Scenario: An upload that fails
    Given s3 answers every PutObject with 403 AccessDenied
    When the usual event comes
    Then the extraction fails as BucketAccessDenied in stage upload
    And the hint says "s3:PutObject"

  Scenario Outline: Filtering orders by status
    When the query "SELECT id FROM orders WHERE status = '<status>' ORDER BY id" is extracted
    Then <rows> records were processed
    And the file has <lines> lines

    Examples:
      | status    | rows | lines |
      | pending   | 2    | 3     |
      | shipped   | 1    | 2     |
      | delivered | 1    | 2     |
      | cancelled | 1    | 2     |
      | returned  | 0    | 1     |
