Feature: Mistakes in an event
  They are named before anything is called, so that nobody has to wait to learn of a typo.

  Scenario Outline: <fields> is refused
    When the usual event comes with <fields>
    Then the extraction fails as InvalidRequest in stage event
    And the statusCode is 400
    And the error says "<words>"
    And it cannot be tried again as it is
    And AWS was not called

    Examples: Unknown fields
      | fields                              | words                                                         |
      | {"bukcet": "x"}                     | "bukcet" is not a field of an event; did you mean `bucket`?   |
      | {"key_prefix": "x"}                 | did you mean `keyPrefix`?                                     |
      | {"S3_BUCKET_NAME": "x"}             | did you mean `bucket`?                                        |
      | {"allowWrites": true}               | only the operator sets `ALLOW_WRITES`                         |
      | {"somethingElse": 1}                | "somethingElse" is not a field of an event.                   |
      | {"csv": {"delimeter": ";"}}         | delimeter                                                     |

    Examples: Wrong types
      | fields                              | words                                                         |
      | {"query": 5}                        | `query` must be a string, not a number                        |
      | {"bucket": ["a"]}                   | `bucket` must be a string, not an array                       |
      | {"params": "a"}                     | `params` must be an array, not a string                       |
      | {"csv": "java"}                     | `csv` must be an object, not a string                         |
      | {"raiseOnError": "true"}            | `raiseOnError` must be true or false, not a string            |
      | {"csv": {"header": "no"}}           | header                                                        |

    Examples: Bad values
      | fields                              | words                                                         |
      | {"bucket": "No_Such_Bucket"}        | `bucket` is not the name of a bucket: it must have lower-case |
      | {"bucketOwner": "12"}               | `bucketOwner` must be an account's 12 digits                  |
      | {"crossAccountRoleArn": "TheRole"}  | must be an ARN like arn:aws:iam::222222222222:role/NAME       |
      | {"externalId": "a"}                 | `externalId` must have 2 to 1224                              |
      | {"ifExists": "sufix"}               | must be one of suffix, fail, skip; did you mean suffix?       |
      | {"onEmpty": "nothing"}              | must be one of header, fail, skip                             |
      | {"compression": "lzma"}             | must be one of none, gzip, zstd                               |
      | {"action": "extrat"}                | did you mean extract?                                         |
      | {"fileName": "{day}.csv"}           | {requestId}, {eventId}, {date}, {isoDate} and {time}                     |
      | {"fileName": "{eventId}.csv"}       | uses {eventId}, but this event came through neither           |
      | {"csv": {"dialect": "excel"}}       | dialect                                                       |
      | {"csv": {"delimiter": "\\""}}        | delimiter                                                     |
      | {"dbConfigParam": "a b"}            | `dbConfigParam` must be the name of a parameter               |
      | {"query": ""}                       | `query` is empty                                              |

    Examples: Credentials in the wrong field
      | fields                                                 | words                                                  |
      | {"bucket": "postgresql://u:hunter2@db/shop"}           | `bucket` holds a URL, but must be the name of a bucket |
      | {"dbConfigParam": "host=db password=hunter2"}          | `dbConfigParam` holds a connection string (key=value)  |
      | {"keyPrefix": "reader:hunter2@db"}                     | `keyPrefix` holds a user and a password                |
      | {"query": "postgresql://u:hunter2@db/shop"}            | `query` holds a URL, but must be a statement of SQL    |

  Scenario: All mistakes are named at once
    When the usual event comes with {"buckett": "x", "onEmpty": 3, "params": {}, "externalId": "?"}
    Then the extraction fails as InvalidRequest in stage event
    And the error names all of
      | buckett    |
      | onEmpty    |
      | params     |
      | externalId |
    And AWS was not called

  Scenario: No bucket anywhere
    When the usual event comes with {"bucket": null}
    Then the extraction fails as InvalidRequest in stage event
    And the error says "`bucket` is missing: set it in the event or as S3_BUCKET_NAME"
    And AWS was not called

  Scenario: A mistake in a variable names the variable
    Given the variable IF_EXISTS is "overwrite"
    When the usual event comes
    Then the extraction fails as InvalidRequest in stage event
    And the error says "The variable `IF_EXISTS` must be one of"

  Scenario: An event that is not an object
    When this event comes
      """
      "SELECT 1"
      """
    Then the extraction fails as InvalidRequest in stage event
    And the error says "must be a JSON object, not a string"

  Scenario: Two statements in one query
    When the query "SELECT 1; DELETE FROM users" is extracted
    Then the extraction fails as QueryInvalid in stage query
    And the statusCode is 400
    And AWS was not called
