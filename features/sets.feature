Feature: Sets of files
  A folder with several files that appear as one: complete, or not at all.

  Background:
    Given Lambda calls the request "8f14e45f-ceea-467f-9575-0d1fa1e3b7a2"

  Scenario: Files of a size
    When the usual event comes with {"fileName": "active", "maxFileSize": "256MiB"}
    Then 2 records were processed
    And the body's "s3Location" is "s3://data-extraction-bucket/exports/users/active/"
    And the body's "manifest" is "s3://data-extraction-bucket/exports/users/active/_manifest.json"
    And the body's "files" is 1
    And the buckets hold
      | data-extraction-bucket/exports/users/active/part-00000-8f14e45f.csv |
      | data-extraction-bucket/exports/users/active/_manifest.json         |
      | data-extraction-bucket/exports/users/active/_SUCCESS               |
    And there is no warning

  Scenario: The name has the time, if no other is asked for
    When the usual event comes with {"maxFileSize": "256MiB", "compression": "gzip"}
    Then 2 records were processed
    And the buckets hold 3 objects

  Scenario: Folders for the values of columns, as Hive has them
    When the usual event comes with {"query": "SELECT id, amount, status, ordered_at::date AS dt FROM orders", "fileName": "orders", "partitionBy": ["status", "dt"], "format": "parquet"}
    Then 5 records were processed
    And the body's "files" is 5
    And the body's "columns" is 2
    And the buckets hold
      | data-extraction-bucket/exports/users/orders/status=cancelled/dt=2024-12-21/part-00000-8f14e45f.parquet |
      | data-extraction-bucket/exports/users/orders/status=delivered/dt=2024-12-01/part-00000-8f14e45f.parquet |
      | data-extraction-bucket/exports/users/orders/status=pending/dt=2024-12-20/part-00000-8f14e45f.parquet   |
      | data-extraction-bucket/exports/users/orders/status=pending/dt=2024-12-25/part-00000-8f14e45f.parquet   |
      | data-extraction-bucket/exports/users/orders/status=shipped/dt=2024-12-24/part-00000-8f14e45f.parquet   |
      | data-extraction-bucket/exports/users/orders/_manifest.json                                              |
      | data-extraction-bucket/exports/users/orders/_SUCCESS                                                    |

  Scenario: A NULL has Hive's folder
    When the usual event comes with {"query": "SELECT id, nullif(name, 'Ada') AS name FROM users WHERE id < 3", "fileName": "users", "partitionBy": ["name"]}
    Then the buckets hold
      | data-extraction-bucket/exports/users/users/name=Ben/part-00000-8f14e45f.csv                        |
      | data-extraction-bucket/exports/users/users/name=__HIVE_DEFAULT_PARTITION__/part-00000-8f14e45f.csv |
      | data-extraction-bucket/exports/users/users/_manifest.json                                          |
      | data-extraction-bucket/exports/users/users/_SUCCESS                                                |

  Scenario: A manifest for Redshift
    When the usual event comes with {"fileName": "active", "maxFileSize": "256MiB", "manifest": ["redshift"]}
    Then the buckets hold
      | data-extraction-bucket/exports/users/active/part-00000-8f14e45f.csv |
      | data-extraction-bucket/exports/users/active/_manifest.json         |
      | data-extraction-bucket/exports/users/active/_redshift.manifest     |
      | data-extraction-bucket/exports/users/active/_SUCCESS               |

  Scenario: The operator's size is for every event
    Given the variable MAX_FILE_SIZE is "1GB"
    When the usual event comes
    Then 2 records were processed
    And the body's "files" is 1

  Scenario: No row is one file, if nothing else is asked for
    When the query "SELECT id FROM users WHERE false" is extracted
    And the usual event comes with {"query": "SELECT id FROM users WHERE false", "fileName": "none", "maxFileSize": "1GB"}
    Then 0 records were processed
    And the body's "files" is 1

  Scenario: No row is nothing, if that is asked for
    When the usual event comes with {"query": "SELECT id FROM users WHERE false", "maxFileSize": "1GB", "onEmpty": "skip"}
    Then 0 records were processed
    And the body's "s3Location" is null
    And nothing was written

  Scenario: A failure while rows flow leaves nothing
    When the usual event comes with {"query": "SELECT id, 1 / (id - 4) AS x, status FROM users ORDER BY id", "partitionBy": ["status"]}
    Then the extraction fails as QueryFailed in stage rows
    And nothing was written

  Scenario: A folder in which something stands is taken
    Given the object "exports/users/orders/old.csv" is there already
    When the usual event comes with {"fileName": "orders", "maxFileSize": "256MiB"}
    Then 2 records were processed
    And the body's "s3Location" is "s3://data-extraction-bucket/exports/users/orders_8f14e45f/"
    And the object "exports/users/orders/old.csv" is untouched

  Scenario: A column that is not in the result
    When the usual event comes with {"partitionBy": ["country"]}
    Then the extraction fails as InvalidRequest in stage query
    And the error says "`partitionBy`: the result has no column country."
    And nothing was written

  Scenario Outline: <what> is refused before AWS is called
    When the usual event comes with <fields>
    Then the extraction fails as InvalidRequest in stage event
    And the error says "<words>"
    And AWS was not called

    Examples:
      | what                            | fields                                       | words                        |
      | A size below 5 MiB              | {"maxFileSize": "1MiB"}                      | must be a size from 5MiB     |
      | A size that is none             | {"maxFileSize": "large"}                     | must be a size from 5MiB     |
      | A manifest without a set        | {"manifest": ["redshift"]}                   | add `maxFileSize`            |
      | A column that comes twice       | {"partitionBy": ["status", "status"]}        | names a column that comes before |
