Feature: Many tables
  All of them at one moment, in one set: complete, or not at all.

  Background:
    Given Lambda calls the request "8f14e45f-ceea-467f-9575-0d1fa1e3b7a2"

  Scenario: All tables that the user may read
    When the usual event comes with {"query": null, "tables": ["public.*"], "fileName": "all"}
    Then 9 records were processed
    And the body's "files" is 2
    And the body's "tables" is [{"name":"public.orders","rows":5,"files":1},{"name":"public.users","rows":4,"files":1}]
    And the buckets hold
      | data-extraction-bucket/exports/users/all/public.orders/part-00000-8f14e45f.csv |
      | data-extraction-bucket/exports/users/all/public.users/part-00000-8f14e45f.csv  |
      | data-extraction-bucket/exports/users/all/_manifest.json                         |
      | data-extraction-bucket/exports/users/all/_SUCCESS                               |
    And a warning says "Left out, since the user may not read them: public.salaries."

  Scenario: Several readers, Parquet, and a manifest for Redshift of each table
    When the usual event comes with {"query": null, "tables": ["users", "public.orders"], "parallelism": 3, "format": "parquet", "fileName": "all", "manifest": ["redshift"]}
    Then 9 records were processed
    And the buckets hold
      | data-extraction-bucket/exports/users/all/public.orders/part-00000-8f14e45f.parquet |
      | data-extraction-bucket/exports/users/all/public.orders/_redshift.manifest           |
      | data-extraction-bucket/exports/users/all/public.users/part-00000-8f14e45f.parquet  |
      | data-extraction-bucket/exports/users/all/public.users/_redshift.manifest            |
      | data-extraction-bucket/exports/users/all/_manifest.json                             |
      | data-extraction-bucket/exports/users/all/_SUCCESS                                   |
    And there is no warning

  Scenario: A table that is named and that the user may not read
    When the usual event comes with {"query": null, "tables": ["users", "salaries"]}
    Then the extraction fails as QueryDenied in stage query
    And the error says "public.salaries is a table that the user may not read"
    And nothing was written

  Scenario: A pattern that matches nothing
    When the usual event comes with {"query": null, "tables": ["public.*", "sales.*"]}
    Then the extraction fails as InvalidRequest in stage query
    And the error says "no table matches sales.*"
    And nothing was written

  Scenario: Only the tables that the operator lists
    Given these variables
      | ALLOW_EVENT_QUERY | false        |
      | ALLOWED_TABLES    | public.users |
    When the usual event comes with {"query": null, "tables": ["public.*"]}
    Then 4 records were processed
    And a warning says "ALLOWED_TABLES does not allow it: 2 tables."

  Scenario Outline: <what> is refused before AWS is called
    When the usual event comes with <fields>
    Then the extraction fails as InvalidRequest in stage event
    And the error says "<words>"
    And AWS was not called

    Examples:
      | what                         | fields                                                          | words                                  |
      | Tables and a query           | {"tables": ["public.*"]}                                        | `tables` and `query` exclude each other |
      | Tables and partitions        | {"query": null, "tables": ["users"], "partitionBy": ["status"]} | `tables` and `partitionBy` exclude     |
      | A pattern without a schema   | {"query": null, "tables": ["orders_*"]}                         | is a pattern without a schema          |
      | No table                     | {"query": null, "tables": []}                                   | `tables` is empty                      |
