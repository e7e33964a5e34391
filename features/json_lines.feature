Feature: JSON lines
  One object a row, as the server's row_to_json writes it: numbers as numbers, times in ISO 8601, arrays and composites as JSON.

  Scenario: An order
    When the usual event comes with {"query": "SELECT * FROM orders WHERE id = 102", "format": "jsonl"}
    Then 1 record was processed
    And the file is
      """
      {"id":102,"user_id":1,"amount":250.00,"status":"pending","ordered_at":"2024-12-20T18:05:10.5+00:00","tags":[],"details":{"colour": "blue"}}
      """
    And the object's content-type is "application/x-ndjson"
    And there is no warning

  Scenario: NULL and the empty string
    When the usual event comes with {"query": "SELECT id, name, email FROM users WHERE id > 2 ORDER BY id", "format": "jsonl"}
    Then the file is
      """
      {"id":3,"name":"Cleo","email":null}
      {"id":4,"name":"Dan \"D\"","email":""}
      """

  Scenario: The end of the file's name chooses the format
    When the usual event comes with {"query": "SELECT 1 AS one", "fileName": "one.jsonl"}
    Then the file is
      """
      {"one":1}
      """

  Scenario: The operator's format, beside an event that asks for CSV
    Given the variable FORMAT is "jsonl"
    When the query "SELECT 1 AS one" is extracted
    Then the file's bytes are '{"one":1}\n'
    When the usual event comes with {"query": "SELECT 1 AS one", "format": "csv"}
    Then the file's bytes are '"one"\n"1"\n'

  Scenario: Equal labels stay, with a warning, since most readers keep the last
    When the usual event comes with {"query": "SELECT 1 AS a, 2 AS a", "format": "jsonl"}
    Then the file's bytes are '{"a":1,"a":2}\n'
    And a warning says "a"

  Scenario: No row
    When the usual event comes with {"query": "SELECT id FROM users WHERE false", "format": "jsonl"}
    Then 0 records were processed
    And the body's "bytesWritten" is 0
    And the file's bytes are ''

  Scenario: Options of CSV
    When the usual event comes with {"format": "jsonl", "csv": {"dialect": "postgres"}}
    Then the extraction fails as InvalidRequest in stage event
    And nothing was written
