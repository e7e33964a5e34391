Feature: Events in the envelopes of AWS services

  Scenario: An EventBridge event is unwrapped
    When this event comes
      """
      {"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Nightly export",
       "source": "shop.exports", "account": "111111111111", "time": "2024-12-25T14:30:22Z",
       "region": "eu-central-1", "resources": [],
       "detail": {"dbConfigParam": "/cross-account/db-config", "bucket": "data-extraction-bucket",
                  "query": "SELECT id FROM users", "fileName": "{eventId}.csv"}}
      """
    Then 4 records were processed
    And the object is "s3://data-extraction-bucket/53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa.csv"

  Scenario: An EventBridge event that is delivered twice is extracted once
    When this event comes
      """
      {"id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Nightly export",
       "detail": {"dbConfigParam": "/cross-account/db-config", "bucket": "data-extraction-bucket",
                  "query": "SELECT id FROM users", "fileName": "{eventId}.csv", "ifExists": "skip"}}
      """
    And the same event comes again
    Then the object is "s3://data-extraction-bucket/53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa.csv"
    And the message says "exists already"
    And the buckets hold 1 object

  Scenario: Every record of an SQS event is an extraction
    When these messages come from SQS
      | m1 | {"query": "SELECT id FROM users", "fileName": "users.csv"}   |
      | m2 | {"query": "SELECT id FROM orders", "fileName": "orders.csv"} |
    Then no message comes again
    And the buckets hold
      | data-extraction-bucket/exports/users/users.csv  |
      | data-extraction-bucket/exports/users/orders.csv |

  Scenario: Only the failed records return to the queue
    When these messages come from SQS
      | m1 | {"query": "SELECT id FROM users", "fileName": "users.csv"} |
      | m2 | {"query": "SELECT id FROM nowhere"}                        |
      | m3 | {"bukcet": "x"}                                            |
      | m4 | {"query": "SELECT 1", "fileName": "one.csv"}               |
    Then only the message m2, m3 comes again
    And the buckets hold
      | data-extraction-bucket/exports/users/users.csv |
      | data-extraction-bucket/exports/users/one.csv   |

  Scenario: A record that contains an EventBridge event is unwrapped too
    When this event comes
      """
      {"Records": [{"messageId": "m1", "eventSource": "aws:sqs", "body":
        "{\"id\": \"e-17\", \"detail-type\": \"x\", \"detail\": {\"dbConfigParam\": \"/cross-account/db-config\", \"bucket\": \"data-extraction-bucket\", \"query\": \"SELECT 1\", \"fileName\": \"{eventId}.csv\"}}"}]}
      """
    Then no message comes again
    And the buckets hold
      | data-extraction-bucket/e-17.csv |

  Scenario: The id of a message can name the file
    When these messages come from SQS
      | m1 | {"fileName": "{eventId}.csv"} |
    Then no message comes again
    And the buckets hold
      | data-extraction-bucket/exports/users/m1.csv |

  Scenario: Records for which there was no time are delivered again
    Given the invocation has 3 seconds
    When these messages come from SQS
      | m1 | {"query": "SELECT pg_sleep(60)"} |
      | m2 | {"query": "SELECT 1"}            |
    Then only the message m1, m2 comes again
    And ssm was asked for GetParameter once
    And nothing was written

  Scenario: The messages of a FIFO queue stop at the first failure
    When these messages come from the FIFO queue
      | m1 | {"query": "SELECT id FROM users", "fileName": "users.csv"} |
      | m2 | {"query": "SELECT id FROM nowhere"}                        |
      | m3 | {"query": "SELECT 1", "fileName": "one.csv"}               |
    Then only the message m2, m3 comes again
    And the buckets hold
      | data-extraction-bucket/exports/users/users.csv |

  Scenario: An SNS notification is unwrapped
    When SNS notifies of the usual event with {"fileName": "{eventId}.csv"}
    Then no message comes again
    And the buckets hold
      | data-extraction-bucket/exports/users/n-1.csv |

  Scenario: An SNS notification that Lambda repeats writes once
    When SNS notifies of the usual event with {"fileName": "daily.csv"}
    And Lambda repeats the invocation
    Then no message comes again
    And the buckets hold
      | data-extraction-bucket/exports/users/daily.csv |

  Scenario: The failure of an SNS notification fails the invocation, since nobody reads the answer
    When SNS notifies of the usual event with {"query": "SELECT id FROM nowhere"}
    Then the invocation fails as QueryInvalid
    And nothing was written

  Scenario: An SNS notification arrives through a queue
    When SNS notifies the queue of the usual event with {"fileName": "{eventId}.csv"}
    Then no message comes again
    And the buckets hold
      | data-extraction-bucket/exports/users/n-1.csv |

  Scenario: Every element of an EventBridge Pipes batch is an extraction
    When EventBridge Pipes sends
      | m1 | {"query": "SELECT id FROM users", "fileName": "users.csv"} |
      | m2 | {"query": "SELECT id FROM nowhere"}                        |
      |    | {"query": "SELECT 1", "fileName": "one.csv"}               |
    Then only the message m2 comes again
    And the buckets hold
      | data-extraction-bucket/exports/users/users.csv |
      | data-extraction-bucket/exports/users/one.csv   |

  Scenario: The failure of an element without an id fails the invocation of Pipes
    When EventBridge Pipes sends
      | m1 | {"query": "SELECT id FROM users", "fileName": "users.csv"} |
      |    | {"query": "SELECT id FROM nowhere"}                        |
    Then the invocation fails as QueryInvalid

  Scenario: Requests to the function's URL are refused
    When the usual event comes to the function's URL
    Then the URL answers 400 and "This function answers no HTTP requests."
    And nothing was written

  Scenario: The operator can allow requests to the function's URL
    Given the variable ALLOW_HTTP is "true"
    When the usual event comes to the function's URL
    Then the URL answers 200 and "Data extraction completed successfully"

  Scenario: Records of another source fail the invocation, since nobody reads the answer
    When this event comes
      """
      {"Records": [{"eventSource": "aws:s3", "s3": {}}]}
      """
    Then the invocation fails as InvalidRequest
    And one metric record says "InvalidRequest" with 0 rows
