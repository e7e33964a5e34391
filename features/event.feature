Feature: The event and the environment
  A field of the event takes precedence over the function's variable, and that over the default.

  Scenario: An empty event uses the environment
    Given these variables
      | DB_CONFIG_PARAM         | /cross-account/db-config            |
      | ACCOUNT_B_ID            | 222222222222                        |
      | CROSS_ACCOUNT_ROLE_NAME | CrossAccountRDSRole                 |
      | EXTERNAL_ID             | nightly-external-id                 |
      | DB_QUERY                | SELECT name FROM users WHERE id = 1 |
      | S3_BUCKET_NAME          | data-extraction-bucket              |
      | S3_KEY_PREFIX           | nightly                             |
      | CSV_FILENAME_PREFIX     | users                               |
    When the event {} comes
    Then the object is "s3://data-extraction-bucket/nightly/users_YYYYMMDD_HHMMSS.csv"
    And the file has the value "Ada"
    And sts was asked for AssumeRole with "RoleArn=arn:aws:iam::222222222222:role/CrossAccountRDSRole"
    And sts was asked for AssumeRole with "ExternalId=nightly-external-id"

  Scenario: An event with only a bucket uses the defaults
    Given the parameters below "/myapp/db/" are
      | username       | reporting  |
      | password       | {password} |
      | database       | {database} |
      | host           | {host}     |
      | port           | {port}     |
      | ssl_root_cert  | {ca}       |
    When the event {"bucket": "data-extraction-bucket"} comes
    Then the object is "s3://data-extraction-bucket/data_export_YYYYMMDD_HHMMSS.csv"
    And the file is
      """
      "table_name"
      "orders"
      "users"
      """
    And sts was not asked for AssumeRole

  Scenario: An account without a role's name means the default role there
    Given the variable ACCOUNT_B_ID is "222222222222"
    When the usual event comes with {"crossAccountRoleArn": null}
    Then the extraction succeeds
    And sts was asked for AssumeRole with "RoleArn=arn:aws:iam::222222222222:role/CrossAccountRDSAccessRole"

  Scenario Outline: <variable> is used if <field> is missing
    Given a bucket "archive-bucket"
    And the variable <variable> is "<value>"
    When the usual event comes with {"<field>": null}
    Then the object is "<object>"

    Examples:
      | variable            | field          | value          | object                                                                    |
      | S3_BUCKET_NAME      | bucket         | archive-bucket | s3://archive-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv         |
      | S3_KEY_PREFIX       | keyPrefix      | daily          | s3://data-extraction-bucket/daily/data_export_YYYYMMDD_HHMMSS.csv         |
      | CSV_FILENAME_PREFIX | fileNamePrefix | people         | s3://data-extraction-bucket/exports/users/people_YYYYMMDD_HHMMSS.csv      |

  Scenario Outline: A field takes precedence over the variable <variable>
    Given a bucket "archive-bucket"
    And the variable <variable> is "<value>"
    When the usual event comes with <fields>
    Then the object is "<object>"
    And the file has 3 lines

    Examples:
      | variable            | value              | fields                          | object                                                                    |
      | DB_CONFIG_PARAM     | /no/such           | {}                              | s3://data-extraction-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv |
      | ACCOUNT_B_ID        | 333333333333       | {}                              | s3://data-extraction-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv |
      | DB_QUERY            | SELECT 1           | {}                              | s3://data-extraction-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv |
      | S3_BUCKET_NAME      | archive-bucket     | {}                              | s3://data-extraction-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv |
      | S3_KEY_PREFIX       | daily              | {}                              | s3://data-extraction-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv |
      | CSV_FILENAME_PREFIX | people             | {"fileNamePrefix": "customers"} | s3://data-extraction-bucket/exports/users/customers_YYYYMMDD_HHMMSS.csv   |

  Scenario: A field takes precedence over EXTERNAL_ID and S3_BUCKET_OWNER
    Given the variable EXTERNAL_ID is "of-the-variable"
    And the variable S3_BUCKET_OWNER is "333333333333"
    When the usual event comes with {"bucketOwner": "111111111111"}
    Then the extraction succeeds
    And sts was asked for AssumeRole with "ExternalId=unique-external-id"
    And every call of S3 names the bucket's owner "111111111111"

  Scenario Outline: An empty variable and a null in the event count as missing
    Given the variable <variable> is ""
    When the usual event comes with {"<field>": null}
    Then the object is "<object>"

    Examples:
      | variable            | field               | object                                                                    |
      | S3_KEY_PREFIX       | keyPrefix           | s3://data-extraction-bucket/data_export_YYYYMMDD_HHMMSS.csv               |
      | CSV_FILENAME_PREFIX | fileNamePrefix      | s3://data-extraction-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv |
      | DB_QUERY            | query               | s3://data-extraction-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv |
      | ACCOUNT_B_ID        | crossAccountRoleArn | s3://data-extraction-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv |
      | IF_EXISTS           | ifExists            | s3://data-extraction-bucket/exports/users/data_export_YYYYMMDD_HHMMSS.csv |

  Scenario Outline: One trailing slash of keyPrefix is dropped
    When the usual event comes with {"keyPrefix": "<prefix>"}
    Then the object is "s3://data-extraction-bucket/<key>"

    Examples:
      | prefix        | key                                           |
      | exports/2024/ | exports/2024/data_export_YYYYMMDD_HHMMSS.csv  |
      | exports//     | exports//data_export_YYYYMMDD_HHMMSS.csv      |
      | /             | data_export_YYYYMMDD_HHMMSS.csv               |
      | a b/ü         | a b/ü/data_export_YYYYMMDD_HHMMSS.csv         |

  Scenario: The SQL comes from a parameter
    Given the String parameter "/queries/orders" is "SELECT count(*) AS orders FROM orders"
    When the usual event comes with {"query": null, "queryParam": "/queries/orders"}
    Then the extraction succeeds
    And the file has the value "5"
    And ssm was asked for GetParameter with "/queries/orders"

  Scenario: The operator's SQL comes from a parameter
    Given the String parameter "/queries/orders" is "SELECT count(*) AS orders FROM orders"
    And the variable DB_QUERY_PARAM is "/queries/orders"
    When the usual event comes with {"query": null}
    Then the extraction succeeds
    And the file has the value "5"

  Scenario: query and queryParam exclude each other in an event
    When the usual event comes with {"queryParam": "/queries/orders"}
    Then the extraction fails as InvalidRequest in stage event
    And the error says "`query` and `queryParam` exclude each other"
    And AWS was not called

  Scenario: query and queryParam exclude each other in the environment
    Given the variable DB_QUERY is "SELECT 1"
    And the variable DB_QUERY_PARAM is "/queries/orders"
    When the usual event comes with {"query": null}
    Then the extraction fails as InvalidRequest in stage event
    And the error says "`DB_QUERY` and `DB_QUERY_PARAM` exclude each other"

  Scenario: The event's queryParam takes precedence over the operator's query
    Given the String parameter "/queries/orders" is "SELECT count(*) AS orders FROM orders"
    And the variable DB_QUERY is "SELECT 'of the variable'"
    When the usual event comes with {"query": null, "queryParam": "/queries/orders"}
    Then the extraction succeeds
    And the file has the value "5"

  Scenario: The event's query takes precedence over the operator's queryParam
    Given the variable DB_QUERY_PARAM is "/no/such"
    When the query "SELECT 'of the event' AS q" is extracted
    Then the extraction succeeds
    And the file has the value "of the event"
