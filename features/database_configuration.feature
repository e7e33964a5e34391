Feature: The database configuration
  One parameter with JSON, a path with one parameter per value, or a secret of either account.

  Scenario Outline: A <kind> parameter with JSON
    Given the <kind> parameter "/shop/db" holds
      """
      {"host": "{host}", "port": {port}, "dbname": "{database}", "user": "reporting", "password": "{password}",
       "sslRootCert": "{ca}", "engine": "postgres", "a key": "that nobody knows"}
      """
    When the usual event comes with {"dbConfigParam": "/shop/db"}
    Then 2 records were processed
    And ssm was asked for GetParameter with ""WithDecryption":true"

    Examples:
      | kind         |
      | String       |
      | SecureString |

  Scenario: The Java function's path, with one parameter per value
    Given RDS has the instance "shop-db" in account B
    And the parameters below "/myapp/db/" are
      | username            | reporting  |
      | password            | {password} |
      | database            | {database} |
      | instance_identifier | shop-db    |
      | ssl_root_cert       | {ca}       |
    When the usual event comes with {"dbConfigParam": "/myapp/db/"}
    Then 2 records were processed
    And rds was asked for DescribeDBInstances with "DBInstanceIdentifier=shop-db"

  Scenario: A secret of account A
    Given the secret "shop-db" of account A holds
      """
      {"host": "{host}", "port": {port}, "dbname": "{database}", "username": "reporting", "password": "{password}",
       "sslRootCert": "{ca}"}
      """
    When the usual event comes with {"dbConfigParam": "/aws/reference/secretsmanager/shop-db"}
    Then 2 records were processed

  Scenario: A secret of account B that the role may not read
    Given the configuration has "arn:aws:secretsmanager:eu-central-1:222222222222:secret:shop" for secretArn
    And secretsmanager answers every GetSecretValue with 400 AccessDeniedException
    When the usual event comes
    Then the extraction fails as ParameterAccessDenied in stage config
    And the hint says "to the role in account B"

  Scenario: All missing and empty values are named at once
    Given the configuration has "" for username
    And the configuration lacks password
    And the configuration lacks host
    When the usual event comes
    Then the extraction fails as InvalidDbConfig in stage config
    And the error names all of
      | username                                             |
      | password                                             |
      | host or dbInstanceIdentifier or dbClusterIdentifier  |
    And the error does not say "database,"
    And sts was not asked for AssumeRole

  Scenario Outline: A wrong <key> is named and never shown
    Given the configuration has "hunter2" for <key>
    When the usual event comes
    Then the extraction fails as InvalidDbConfig in stage config
    And the error says "<words>"
    And the error does not say "hunter2"

    Examples:
      | key      | words                                                  |
      | port     | port must be a number from 1 to 65535                  |
      | databasePort | databasePort must be a number from 1 to 65535      |
      | sslMode  | sslMode must be one of verify-full, verify-ca, require, disable |
      | auth     | auth must be one of password, iam                      |

  Scenario: A parameter that is not JSON
    Given the SecureString parameter "/shop/db" is "postgres://reporting:hunter2@host/shop"
    When the usual event comes with {"dbConfigParam": "/shop/db"}
    Then the extraction fails as InvalidDbConfig in stage config
    And the error says "is not JSON"
    And the error does not say "hunter2"

  Scenario: A parameter that does not exist
    When the usual event comes with {"dbConfigParam": "/no/such"}
    Then the extraction fails as ParameterNotFound in stage config
    And the error says "/no/such"
    And the hint says "aws ssm get-parameter --name /no/such"

  Scenario: A path without parameters
    When the usual event comes with {"dbConfigParam": "/no/such/"}
    Then the extraction fails as ParameterNotFound in stage config
    And the error says "/no/such/"

  Scenario: A parameter that the function may not read
    Given ssm answers every GetParameter with 400 AccessDeniedException
    When the usual event comes
    Then the extraction fails as ParameterAccessDenied in stage config
    And the hint says "ssm:GetParameter"

  Scenario: A wrong password
    Given the configuration has "hunter2-too" for password
    When the usual event comes
    Then the extraction fails as AuthenticationFailed in stage connection
    And it cannot be tried again as it is

  Scenario: A database that the server does not have
    Given the configuration has "nowhere" for database
    When the usual event comes
    Then the extraction fails as InvalidDbConfig in stage connection
    And the error says "nowhere"

  Scenario: A host name that does not resolve
    Given the configuration has "no-such-host.invalid" for host
    When the usual event comes
    Then the extraction fails as DnsFailed in stage connection
    And the error says "no-such-host.invalid"
