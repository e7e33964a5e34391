Feature: Many readers
  Several connections read one snapshot into one object. The rows are in no order.

  Scenario: A table instead of a query
    When the usual event comes with {"query": null, "table": "orders"}
    Then 5 records were processed
    And the file has 6 lines

  Scenario: A table with several readers
    When the usual event comes with {"query": null, "table": "public.orders", "parallelism": 4}
    Then 5 records were processed
    And the file has 6 lines

  Scenario: A query that is split by a column
    When the usual event comes with {"query": "SELECT id, name FROM users WHERE id >= $1", "params": [1], "splitBy": "id", "parallelism": 3}
    Then 4 records were processed
    And the file has 5 lines

  Scenario Outline: <what> is refused before AWS is called
    When the usual event comes with <fields>
    Then the extraction fails as InvalidRequest in stage event
    And the error says "<words>"
    And AWS was not called

    Examples:
      | what                                | fields                                              | words                    |
      | A table and a query                 | {"table": "orders"}                                 | exclude each other       |
      | A query that nothing divides        | {"parallelism": 4}                                  | add `splitBy`            |
      | A table that is divided by a column | {"query": null, "table": "orders", "splitBy": "id"} | goes with `query` alone  |
      | More readers than there can be      | {"query": null, "table": "orders", "parallelism": 65} | must be 1 to 64        |

  Scenario: The variable counts for what can be divided, and for nothing else
    Given the variable PARALLELISM is "4"
    When the usual event comes
    Then 2 records were processed

  Scenario: A query with a limit cannot be divided
    When the usual event comes with {"query": "SELECT * FROM orders LIMIT 3", "splitBy": "id", "parallelism": 2}
    Then the extraction fails as InvalidRequest in stage query
    And the error says "it has a LIMIT"
    And nothing was written

  Scenario: A table that does not exist
    When the usual event comes with {"query": null, "table": "nowhere"}
    Then the extraction fails as InvalidRequest in stage query
    And the error says "the database has no table nowhere"
    And nothing was written

  Scenario: If SQL in events is forbidden, so are tables
    Given the variable ALLOW_EVENT_QUERY is "false"
    When the usual event comes with {"query": null, "table": "orders"}
    Then the extraction fails as InvalidRequest in stage event
    And the error says "ALLOWED_TABLES must list the tables"
    And AWS was not called

  Scenario: But for those that the operator lists by the server's own names
    Given these variables
      | ALLOW_EVENT_QUERY | false         |
      | ALLOWED_TABLES    | public.orders |
    When the usual event comes with {"query": null, "table": "orders", "parallelism": 2}
    Then 5 records were processed

  Scenario: And no other
    Given these variables
      | ALLOW_EVENT_QUERY | false         |
      | ALLOWED_TABLES    | public.orders |
    When the usual event comes with {"query": null, "table": "users"}
    Then the extraction fails as InvalidRequest in stage query
    And the error says "`table` public.users is not allowed here: see ALLOWED_TABLES."
