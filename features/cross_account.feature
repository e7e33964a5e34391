Feature: Account B
  The function assumes a role in account B, finds the database with it, and logs in.

  Scenario: The role is assumed with the external id
    When the usual event comes
    Then the extraction succeeds
    And sts was asked for AssumeRole with "RoleArn=arn:aws:iam::222222222222:role/CrossAccountRDSRole"
    And sts was asked for AssumeRole with "ExternalId=unique-external-id"
    And sts was asked for AssumeRole with "DurationSeconds=3600"

  Scenario: The session is named after the request
    When the usual event comes
    Then sts was asked for AssumeRole with "RoleSessionName=LambdaDataExtraction-{requestId}"

  Scenario: The name of the session follows STS's rules
    Given Lambda calls the request "8f14e45f-ceea-467f-9575-0d1fa1e3b7a2:1*and-more"
    When the usual event comes
    Then the extraction succeeds
    And sts was asked for AssumeRole with "RoleSessionName=LambdaDataExtraction-8f14e45f-ceea-467f-9575-0d1fa1e3b7a2-1-and-"
    And sts was asked for AssumeRole without "and-more"

  Scenario: No external id is sent if none is given
    When the usual event comes with {"externalId": null}
    Then the extraction succeeds
    And sts was asked for AssumeRole without "ExternalId"

  Scenario: Without a role the function's own credentials are used
    When the usual event comes with {"crossAccountRoleArn": null}
    Then the extraction succeeds
    And sts was not asked for AssumeRole

  Scenario: A role that refuses
    Given sts answers every AssumeRole with 403 AccessDenied
    When the usual event comes
    Then the extraction fails as AssumeRoleDenied in stage credentials
    And the statusCode is 500
    And the error says "arn:aws:iam::222222222222:role/CrossAccountRDSRole"
    And the error does not say "unique-external-id"
    And the hint says "trust that role with this external id in account B"
    And it cannot be tried again as it is

  Scenario: Warm invocations keep the credentials
    When the usual event comes
    And the same event comes again
    Then the extraction succeeds
    And sts was asked for AssumeRole once
    And the buckets hold 2 objects

  Scenario: The database is found by its instance's identifier
    Given RDS has the instance "shop-db" in account B
    And the configuration has "shop-db" for dbInstanceIdentifier
    And the configuration lacks host
    And the configuration lacks port
    When the usual event comes
    Then 2 records were processed
    And rds was asked for DescribeDBInstances with "DBInstanceIdentifier=shop-db"

  Scenario Outline: The database is found by its cluster's identifier, at the <endpoint> endpoint
    Given RDS has the cluster "shop-cluster" in account B
    And the configuration has "shop-cluster" for dbClusterIdentifier
    And the configuration has "<endpoint>" for endpoint
    And the configuration lacks host
    And the configuration lacks port
    When the usual event comes
    Then 2 records were processed
    And rds was asked for DescribeDBClusters with "DBClusterIdentifier=shop-cluster"

    Examples:
      | endpoint |
      | writer   |
      | reader   |

  Scenario: A host takes precedence over an identifier
    Given the configuration has "shop-db" for dbInstanceIdentifier
    When the usual event comes
    Then the extraction succeeds
    And rds was not asked for DescribeDBInstances

  Scenario Outline: RDS does not know the <kind>
    Given the configuration has "no-such-db" for <key>
    And the configuration lacks host
    When the usual event comes
    Then the extraction fails as DbInstanceNotFound in stage endpoint
    And the error says "no-such-db"

    Examples:
      | kind     | key                  |
      | instance | dbInstanceIdentifier |
      | cluster  | dbClusterIdentifier  |

  Scenario: The instance is stopped
    Given RDS has the instance "shop-db" in account B
    And the instance "shop-db" is stopped
    And the configuration has "shop-db" for dbInstanceIdentifier
    And the configuration lacks host
    When the usual event comes
    Then the extraction fails as DbInstanceNotAvailable in stage endpoint
    And the error says "stopped"
    And it can be tried again as it is

  Scenario: The role may not describe the instance
    Given the configuration has "shop-db" for dbInstanceIdentifier
    And the configuration lacks host
    And rds answers every DescribeDBInstances with 403 AccessDenied
    When the usual event comes
    Then the extraction fails as DescribeDenied in stage endpoint
    And the hint says "rds:DescribeDBInstances"

  Scenario: A login with IAM needs no password
    Given a database that logs in by IAM
    When the usual event comes
    Then 2 records were processed
    And the token names the database, the user and the region, and is no secret of the log

  Scenario: A refused token
    Given a database that logs in by IAM and refuses every token
    When the usual event comes
    Then the extraction fails as AuthenticationFailed in stage connection
    And the hint says "rds_iam"
    And the token names the database, the user and the region, and is no secret of the log

  Scenario: A token is never sent over an unencrypted connection
    Given a database that logs in by IAM
    And the configuration has "disable" for sslMode
    When the usual event comes
    Then the extraction fails as InvalidDbConfig in stage config
    And the error says "auth iam"
