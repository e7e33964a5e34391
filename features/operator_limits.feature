Feature: The operator limits what events may ask for
  What is not allowed is refused before AWS is called; the operator's own settings are always allowed.

  Scenario Outline: <variable> allows only "<pattern>"
    Given a bucket "archive-bucket"
    And the String parameter "/queries/orders" is "SELECT count(*) FROM orders"
    And the variable <variable> is "<pattern>"
    When the usual event comes with <fields>
    Then the extraction fails as InvalidRequest in stage event
    And the error says "is not allowed here: see <variable>"
    And AWS was not called

    Examples:
      | variable              | pattern                                   | fields                                           |
      | ALLOWED_ROLE_ARNS     | arn:aws:iam::222222222222:role/Other*     | {}                                               |
      | ALLOWED_ROLE_ARNS     | arn:aws:iam::333333333333:role/*          | {}                                               |
      | ALLOWED_BUCKETS       | data-*, exports                           | {"bucket": "archive-bucket"}                     |
      | ALLOWED_CONFIG_PARAMS | /cross-account/*                          | {"dbConfigParam": "/other/db"}                   |
      | ALLOWED_QUERY_PARAMS  | /queries/users                            | {"query": null, "queryParam": "/queries/orders"} |

  Scenario: What the patterns allow is extracted
    Given the String parameter "/queries/orders" is "SELECT count(*) FROM orders"
    And these variables
      | ALLOWED_ROLE_ARNS     | arn:aws:iam::222222222222:role/* |
      | ALLOWED_BUCKETS       | exports, data-extraction-*       |
      | ALLOWED_CONFIG_PARAMS | /cross-account/db-*              |
      | ALLOWED_QUERY_PARAMS  | /queries/*                       |
    When the usual event comes with {"query": null, "queryParam": "/queries/orders"}
    Then the extraction succeeds
    And the file has the value "5"

  Scenario: The operator's own values are always allowed
    Given these variables
      | ALLOWED_BUCKETS       | somewhere-else           |
      | ALLOWED_CONFIG_PARAMS | /somewhere/else          |
      | S3_BUCKET_NAME        | data-extraction-bucket   |
      | DB_CONFIG_PARAM       | /cross-account/db-config |
    When the usual event comes with {"bucket": null}
    Then the extraction succeeds

  Scenario: SQL in an event can be forbidden
    Given the variable ALLOW_EVENT_QUERY is "false"
    When the query "SELECT * FROM users" is extracted
    Then the extraction fails as InvalidRequest in stage event
    And the error says "ALLOW_EVENT_QUERY is false"
    And AWS was not called

  Scenario: The operator's query runs if SQL in events is forbidden
    Given the variable ALLOW_EVENT_QUERY is "false"
    And the variable DB_QUERY is "SELECT count(*) FROM users"
    When the usual event comes with {"query": null}
    Then the extraction succeeds
    And the file has the value "4"

  Scenario: An allowed queryParam runs if SQL in events is forbidden
    Given the String parameter "/queries/orders" is "SELECT count(*) FROM orders"
    And the variable ALLOW_EVENT_QUERY is "false"
    And the variable ALLOWED_QUERY_PARAMS is "/queries/*"
    When the usual event comes with {"query": null, "queryParam": "/queries/orders"}
    Then the extraction succeeds
    And the file has the value "5"

  Scenario: Any other queryParam is refused if SQL in events is forbidden
    Given the variable ALLOW_EVENT_QUERY is "false"
    When the usual event comes with {"query": null, "queryParam": "/queries/orders"}
    Then the extraction fails as InvalidRequest in stage event
    And the error says "ALLOWED_QUERY_PARAMS must list it"
    And AWS was not called

  Scenario: queryParam cannot name a secret
    When the usual event comes with {"query": null, "queryParam": "/aws/reference/secretsmanager/shop-db"}
    Then the extraction fails as InvalidRequest in stage event
    And AWS was not called

  Scenario: queryParam cannot read a SecureString
    Given the SecureString parameter "/shop/password" is "hunter2-never-shown"
    When the usual event comes with {"query": null, "queryParam": "/shop/password"}
    Then the extraction fails as InvalidRequest in stage config
    And the error says "is a SecureString"
    And ssm was asked for GetParameter with ""WithDecryption":false"

  Scenario: An event cannot allow itself to write
    Given a database of the scenario's own
    When the usual event comes with {"allowWrites": true, "query": "DELETE FROM users RETURNING id"}
    Then the extraction fails as InvalidRequest in stage event
    And the database answers "SELECT count(*) FROM users" with "4"
