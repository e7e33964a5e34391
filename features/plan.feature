Feature: Plans
  A list of exports, one for each table, month, tenant or given event, which a state machine runs one by one.

  Scenario: Each table that the user may read
    When this event comes
      """
      {"action": "plan", "keyPrefix": "nightly", "bucket": "data-extraction-bucket",
       "template": {"dbConfigParam": "/cross-account/db-config",
                    "crossAccountRoleArn": "arn:aws:iam::222222222222:role/CrossAccountRDSRole", "compression": "gzip"},
       "forEach": {"tables": ["public.*"]}}
      """
    Then the object is "s3://data-extraction-bucket/nightly/YYYYMMDD_HHMMSS/_plan.json"
    And the message says "2 exports planned"
    And the body's "events" is 2
    And a warning says "Left out, since the user may not read them: public.salaries."
    And the object's content-type is "application/json"
    And the plan's list is
      """
      [{"dbConfigParam": "/cross-account/db-config", "bucket": "data-extraction-bucket",
        "crossAccountRoleArn": "arn:aws:iam::222222222222:role/CrossAccountRDSRole", "compression": "gzip",
        "table": "public.orders", "keyPrefix": "nightly/{start}", "fileName": "public.orders.csv.gz",
        "ifExists": "skip", "raiseOnError": true},
       {"dbConfigParam": "/cross-account/db-config", "bucket": "data-extraction-bucket",
        "crossAccountRoleArn": "arn:aws:iam::222222222222:role/CrossAccountRDSRole", "compression": "gzip",
        "table": "public.users", "keyPrefix": "nightly/{start}", "fileName": "public.users.csv.gz",
        "ifExists": "skip", "raiseOnError": true}]
      """

  Scenario: Each event of the list is an export, which is made once
    When this event comes
      """
      {"action": "plan", "keyPrefix": "months", "bucket": "data-extraction-bucket",
       "template": {"dbConfigParam": "/cross-account/db-config", "fileName": "orders_{from}.csv",
                    "query": "SELECT id FROM orders WHERE ordered_at >= $1 AND ordered_at < $2 ORDER BY id"},
       "forEach": {"range": {"from": "2024-12-01", "to": "2024-12-31", "step": "3 weeks"}}}
      """
    And each event of the plan's list comes twice
    Then the plan's folder holds
      | _plan.json            |
      | orders_2024-12-01.csv |
      | orders_2024-12-22.csv |
    And the exports of the plan had 3 0 2 0 records

  Scenario: Each database of a path
    Given the SecureString parameter "/tenants/acme" is "not read"
    And the parameters below "/tenants/beta/" are
      | database | shop   |
      | username | reader |
    When the event {"action": "plan", "bucket": "data-extraction-bucket", "keyPrefix": "exports/{isoDate}", "template": {"query": "SELECT 1", "fileName": "{parameter}/one.csv"}, "forEach": {"parameters": "/tenants"}} comes
    Then the body's "events" is 2
    And ssm was not asked for GetParameter
    And the plan's list has "/tenants/acme /tenants/beta/" for dbConfigParam
    And the plan's list has "acme/one.csv beta/one.csv" for fileName

  Scenario: The list is in the class STANDARD
    Given the variable S3_STORAGE_CLASS is "GLACIER"
    When the event {"action": "plan", "bucket": "data-extraction-bucket", "forEach": {"events": [{"table": "users"}]}} comes
    Then the body's "events" is 1
    And the plan's list has "00000.csv" for fileName

  Scenario Outline: Nothing is planned that the operator does not allow
    Given these variables
      | <variable> | <pattern> |
    When the event {"action": "plan", "bucket": "data-extraction-bucket", "template": <template>, "forEach": <for each>} comes
    Then the extraction fails as InvalidRequest in stage event
    And the error says "<says>"
    And AWS was not called

    Examples:
      | variable              | pattern | template                    | for each                                                    | says                                       |
      | ALLOWED_BUCKETS       | data-*  | {"bucket": "theirs"}        | {"tables": ["public.*"]}                                    | In `template`: `bucket` "theirs"           |
      | ALLOWED_CONFIG_PARAMS | /ours/* | {"dbConfigParam": "/other"} | {"tables": ["public.*"]}                                    | In `template`: `dbConfigParam` "/other"    |
      | ALLOW_EVENT_QUERY     | false   | {}                          | {"tables": ["public.*"]}                                    | `forEach.tables` is not allowed here       |
      | ALLOW_EVENT_QUERY     | false   | {"query": "SELECT $1, $2"}  | {"range": {"from": 0, "to": 9, "step": 1}}                  | In `template`: `query` is not allowed here |
      | ALLOWED_BUCKETS       | data-*  | {}                          | {"events": [{"table": "t"}, {"table": "t", "bucket": "x-y"}]} | `forEach.events[1]`: `bucket` "x-y"        |

  Scenario: What the operator allows of a pattern or a path is planned
    Given the SecureString parameter "/tenants/acme" is "not read"
    And the SecureString parameter "/tenants/beta" is "not read"
    And these variables
      | ALLOWED_TABLES        | public.users                     |
      | ALLOWED_CONFIG_PARAMS | /cross-account/*, /tenants/a*    |
    When the event {"action": "plan", "bucket": "data-extraction-bucket", "template": {"dbConfigParam": "/cross-account/db-config"}, "forEach": {"tables": ["public.*"]}} comes
    Then the plan's list has "public.users" for table
    When the event {"action": "plan", "bucket": "data-extraction-bucket", "keyPrefix": "tenants", "template": {"query": "SELECT 1"}, "forEach": {"parameters": "/tenants/"}} comes
    Then the plan's list has "/tenants/acme" for dbConfigParam
    And a warning says "Left out, since ALLOWED_CONFIG_PARAMS does not allow it: 1 configuration."

  Scenario: All mistakes are named before anything is asked
    When this event comes
      """
      {"action": "plan", "bucket": "data-extraction-bucket", "templat": {}, "query": "SELECT 1",
       "forEach": {"range": {"from": "2026-01-01", "till": "2026-02-01", "step": "1 fortnight"}}}
      """
    Then the extraction fails as InvalidRequest in stage event
    And the error names all of
      | "templat" is not a field of an event; did you mean `template`? |
      | `query` is no field of a plan                                  |
      | `forEach.range` needs a `query` in the template                |
    And AWS was not called

  Scenario: A table that is not there
    When the event {"action": "plan", "bucket": "data-extraction-bucket", "template": {"dbConfigParam": "/cross-account/db-config"}, "forEach": {"tables": ["public.users", "public.invoices"]}} comes
    Then the extraction fails as InvalidRequest in stage query
    And the error says "`forEach.tables[1]`: the database has no table public.invoices."
