Feature: Parquet
  Columns with their types, compressed, for the programs that analyse them.

  Scenario: An order
    When the usual event comes with {"query": "SELECT id, amount, status, ordered_at FROM orders WHERE id = 102", "format": "parquet"}
    Then 1 record was processed
    And the object's content-type is "application/vnd.apache.parquet"
    And the Parquet file is
      """
      message schema {
        OPTIONAL INT32 id;
        OPTIONAL INT64 amount (DECIMAL(10,2));
        OPTIONAL BYTE_ARRAY status (STRING);
        OPTIONAL INT64 ordered_at (TIMESTAMP(MICROS,true));
      }
      {id: 102, amount: 250.00, status: "pending", ordered_at: 2024-12-20 18:05:10.500000 +00:00}
      """
    And there is no warning

  Scenario: The end of the file's name chooses the format
    When the usual event comes with {"query": "SELECT 1 AS one", "fileName": "one.parquet"}
    Then the Parquet file is
      """
      message schema {
        OPTIONAL INT32 one;
      }
      {one: 1}
      """

  Scenario: No row
    When the usual event comes with {"query": "SELECT 1 AS one WHERE false", "format": "parquet"}
    Then 0 records were processed
    And the Parquet file is
      """
      message schema {
        OPTIONAL INT32 one;
      }
      """

  Scenario: A sum of numerics has no precision, and an option gives it one
    When the usual event comes with {"query": "SELECT 0.1 + 0.2 AS n", "format": "parquet"}
    Then the Parquet file is
      """
      message schema {
        OPTIONAL BYTE_ARRAY n (STRING);
      }
      {n: "0.3"}
      """
    When the usual event comes with {"query": "SELECT 0.1 + 0.2 AS n", "format": "parquet", "parquet": {"numeric": {"precision": 38, "scale": 2}}}
    Then the Parquet file is
      """
      message schema {
        OPTIONAL FIXED_LEN_BYTE_ARRAY (16) n (DECIMAL(38,2));
      }
      {n: 0.30}
      """

  Scenario: A date without end fails, and names the row and the column
    When the usual event comes with {"query": "SELECT 1 AS id, date 'infinity' AS until", "format": "parquet"}
    Then the extraction fails as ValueUnrepresentable in stage encode
    And the error says "Row 1, column 2 (until): the value is an infinite date."
    And nothing was written

  Scenario: A date without end is NULL where the event asks for it, and counted
    When the usual event comes with {"query": "SELECT 1 AS id, date 'infinity' AS until", "format": "parquet", "parquet": {"unrepresentable": "null"}}
    Then the Parquet file is
      """
      message schema {
        OPTIONAL INT32 id;
        OPTIONAL INT32 until (DATE);
      }
      {id: 1, until: null}
      """
    And a warning says "1 value of column "until" is NULL"

  Scenario: Equal names, of which most programs take one silently
    When the usual event comes with {"query": "SELECT 1 AS a, 2 AS a", "format": "parquet"}
    Then the extraction fails as QueryInvalid in stage query
    And the error says "("a")"
    And nothing was written

  Scenario: Options of CSV
    When the usual event comes with {"format": "parquet", "csv": {"dialect": "postgres"}}
    Then the extraction fails as InvalidRequest in stage event
    And nothing was written
