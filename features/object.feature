Feature: The object in S3
  It has the name that was asked for, and an existing object is never replaced.

  Scenario: A name that is taken gets a suffix of the request's id
    Given the object "exports/users/daily.csv" is there already
    When the usual event comes with {"fileName": "daily.csv"}
    Then the object is "s3://data-extraction-bucket/exports/users/daily_{requestId8}.csv"
    And the object "exports/users/daily.csv" is untouched
    And the file has 3 lines

  Scenario Outline: Lambda repeats an asynchronous event with ifExists <way>
    When the usual event comes with {"fileName": "daily.csv", "ifExists": "<way>"}
    And Lambda repeats the invocation
    Then the object is "s3://data-extraction-bucket/exports/users/daily.csv"
    And the message says "An earlier attempt of this delivery wrote the object"
    And 0 records were processed
    And the buckets hold 1 object

    Examples:
      | way    |
      | suffix |
      | fail   |

  Scenario: ifExists can refuse a name that is taken
    Given the object "exports/users/daily.csv" is there already
    When the usual event comes with {"fileName": "daily.csv", "ifExists": "fail"}
    Then the extraction fails as ObjectExists in stage upload
    And the statusCode is 400
    And the error says "daily.csv"
    And the object "exports/users/daily.csv" is untouched

  Scenario: ifExists can answer with the existing object
    Given the object "exports/users/daily.csv" is there already
    When the usual event comes with {"fileName": "daily.csv", "ifExists": "skip"}
    Then the object is "s3://data-extraction-bucket/exports/users/daily.csv"
    And 0 records were processed
    And the message says "exists already"
    And the object "exports/users/daily.csv" is untouched
    And the buckets hold 1 object

  Scenario Outline: The operator chooses with IF_EXISTS <way>
    Given the object "exports/users/daily.csv" is there already
    And the variable IF_EXISTS is "<way>"
    When the usual event comes with {"fileName": "daily.csv"}
    Then the statusCode is <status>
    And the object "exports/users/daily.csv" is untouched

    Examples:
      | way    | status |
      | suffix | 200    |
      | skip   | 200    |
      | fail   | 400    |

  Scenario Outline: fileName <name>
    When the usual event comes with {"fileName": "<name>"}
    Then the object is "s3://data-extraction-bucket/exports/users/<key>"

    Examples:
      | name                    | key                     |
      | users.csv               | users.csv               |
      | {requestId}.csv         | {requestId}.csv         |
      | {date}/users-{time}.csv | YYYYMMDD/users-HHMMSS.csv |
      | no extension            | no extension            |
      | ünï 🙂.csv              | ünï 🙂.csv              |
      | ../up.csv               | ../up.csv               |

  Scenario: A key longer than S3 allows
    When the usual event comes with a keyPrefix of 1020 bytes
    Then the extraction fails as InvalidRequest in stage event
    And the error says "S3 takes 1024 at most"
    And AWS was not called

  Scenario: The object has a content type and a size
    When the usual event comes
    Then the object's content-type is "text/csv; charset=utf-8"
    And bytesWritten is the size of the file

  Scenario: The owner of the bucket is checked with every call
    When the usual event comes with {"bucketOwner": "111111111111"}
    Then the extraction succeeds
    And every call of S3 names the bucket's owner "111111111111"

  Scenario: The owner of the bucket is checked with every call of an upload in parts
    When the usual event comes with {"bucketOwner": "111111111111", "query": "SELECT g, repeat('x', 400) FROM generate_series(1, 25000) g"}
    Then the extraction succeeds
    And s3 was asked for CompleteMultipartUpload once
    And every call of S3 names the bucket's owner "111111111111"

  Scenario: A small file is one PutObject
    When the usual event comes
    Then s3 was asked for PutObject once
    And s3 was not asked for CreateMultipartUpload

  Scenario: The object is encrypted with the operator's key
    Given a KMS key
    And the variable S3_KMS_KEY_ID is "{kmsKey}"
    When the usual event comes
    Then the object's x-amz-server-side-encryption is "aws:kms"
    And the object's x-amz-server-side-encryption-aws-kms-key-id is "{kmsKey}"

  Scenario: The operator says how objects are written
    Given the variable S3_SSE is "AES256"
    And the variable S3_STORAGE_CLASS is "STANDARD_IA"
    And the variable S3_TAGS is "team=data"
    When the usual event comes
    Then the object's x-amz-server-side-encryption is "AES256"
    And the object's x-amz-storage-class is "STANDARD_IA"

  Scenario: A bucket that does not exist
    When the usual event comes with {"bucket": "no-such-bucket-anywhere"}
    Then the extraction fails as BucketNotFound in stage upload
    And the statusCode is 400
    And the error says "no-such-bucket-anywhere"

  Scenario: A bucket that belongs to somebody else
    Given s3 answers every HeadObject with 403 AccessDenied
    And s3 answers every PutObject with 403 AccessDenied
    When the usual event comes
    Then the extraction fails as BucketAccessDenied in stage upload
    And it cannot be tried again as it is

  Scenario: S3 fails
    Given s3 answers every PutObject with 500 InternalError
    When the usual event comes
    Then the extraction fails as UploadFailed in stage upload
    And it can be tried again as it is
