Feature: Incremental exports
  Each run writes what was inserted or updated since the last one, as one object. Nothing is lost, and nothing comes twice.

  Background:
    Given the database has run
      """
      CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL);
      INSERT INTO items VALUES (1, 'pen'), (2, 'ink');
      GRANT SELECT ON items TO reporting;
      """
    And every transaction has ended
    When the usual event comes with {"query": null, "table": "items", "incremental": {"stream": "items"}}
    Then 2 records were processed

  Scenario: The first run exports the whole table
    Then the object is "s3://data-extraction-bucket/exports/users/items/0000000000_0.csv"
    And the file is
      """
      "id","name"
      "1","pen"
      "2","ink"
      """
    And the buckets hold
      | data-extraction-bucket/exports/users/items/0000000000_0.csv |
      | data-extraction-bucket/exports/users/items/_watermark.json  |
    And the object's x-amz-meta-watermark-from is "0"
    And the object's x-amz-meta-watermark-stream is "exports/users/items/_watermark.json"

  Scenario: The second run exports what is new
    Given the database has run
      """
      UPDATE items SET name = 'red ink' WHERE id = 2;
      INSERT INTO items VALUES (3, 'paper');
      DELETE FROM items WHERE id = 1;
      """
    And every transaction has ended
    When the same event comes again
    Then the object's name begins with "exports/users/items/0000000001_"
    And the file is
      """
      "id","name"
      "2","red ink"
      "3","paper"
      """
    And the buckets hold 3 objects

  Scenario: Nothing is new
    When the same event comes again
    Then 0 records were processed
    And the message says "Nothing new"
    And the body's "s3Location" is null
    And the buckets hold 2 objects

  Scenario: A transaction that is open holds the window back, and nothing is lost by it
    Given a transaction that stays open has run
      """
      INSERT INTO items VALUES (3, 'began first, commits last');
      """
    And the database has run
      """
      INSERT INTO items VALUES (4, 'began last, commits first');
      """
    When the same event comes again
    Then 0 records were processed
    And the message says "running transactions hold"
    Given the open transaction has committed
    And every transaction has ended
    When the same event comes again
    Then the file is
      """
      "id","name"
      "3","began first, commits last"
      "4","began last, commits first"
      """

  Scenario: Another column is refused before a reader stumbles over it
    Given the database has run
      """
      ALTER TABLE items ADD COLUMN price int NOT NULL DEFAULT 5;
      """
    And every transaction has ended
    When the same event comes again
    Then the body's "errorType" is "WatermarkInvalid"
    And the error says "The columns of public.items have changed since the last window (new: price integer)."
    And the hint says "onSchemaChange"
    And it cannot be tried again as it is
    And the buckets hold 2 objects

  Scenario: Another column goes into the next object if the event says so
    Given the database has run
      """
      ALTER TABLE items ADD COLUMN price int NOT NULL DEFAULT 5;
      UPDATE items SET price = 7 WHERE id = 2;
      """
    And every transaction has ended
    When the usual event comes with {"query": null, "table": "items", "incremental": {"stream": "items", "onSchemaChange": "continue"}}
    Then the file is
      """
      "id","name","price"
      "2","ink","7"
      """

  Scenario: A table that was created again is another table
    Given the database has run
      """
      DROP TABLE items;
      CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL);
      GRANT SELECT ON items TO reporting;
      """
    And every transaction has ended
    When the same event comes again
    Then the body's "errorType" is "WatermarkInvalid"
    And the error says "The table public.items was dropped and created again since the last window."
    And the buckets hold 2 objects

  Scenario: A restart exports the whole table once more, and a repeated delivery does not restart again
    When the usual event comes with {"query": null, "table": "items", "incremental": {"stream": "items", "restart": true}}
    Then 2 records were processed
    And the object is "s3://data-extraction-bucket/exports/users/items.2/0000000000_0.csv"
    When Lambda repeats the invocation
    Then 0 records were processed
    And the buckets hold
      | data-extraction-bucket/exports/users/items/0000000000_0.csv   |
      | data-extraction-bucket/exports/users/items.2/0000000000_0.csv |
      | data-extraction-bucket/exports/users/items/_watermark.json    |

  Scenario: A column with the id of the transaction
    Given the database has run
      """
      CREATE TABLE events (id int, txid xid8 NOT NULL DEFAULT pg_current_xact_id());
      INSERT INTO events VALUES (1);
      GRANT SELECT ON events TO reporting;
      """
    And every transaction has ended
    When the usual event comes with {"query": null, "table": "events", "incremental": {"stream": "events", "watermark": {"column": "txid"}}}
    Then 1 record was processed
    Given the database has run
      """
      INSERT INTO events VALUES (2), (3);
      """
    And every transaction has ended
    When the same event comes again
    Then 2 records were processed
    And the object's name begins with "exports/users/events/0000000001_"

  Scenario: A column that is no id of a transaction
    When the usual event comes with {"query": null, "table": "items", "incremental": {"stream": "names", "watermark": {"column": "name"}}}
    Then the body's "errorType" is "InvalidRequest"
    And the error says "The column name is of type text, not xid8 or bigint."

  Scenario Outline: <what> goes not with an incremental export
    When the usual event comes with <fields>
    Then the body's "errorType" is "InvalidRequest"
    And the body's "stage" is "event"
    And the error says "<words>"
    And the buckets hold 2 objects

    Examples:
      | what                         | fields                                                                                                    | words                            |
      | A query                      | {"incremental": {"stream": "items"}}                                                                      | which exports one `table`        |
      | A name of its own            | {"query": null, "table": "items", "incremental": {"stream": "items"}, "fileName": "a.csv"}                | names of their own: leave it out |
      | A folder with the date       | {"query": null, "table": "items", "incremental": {"stream": "items"}, "keyPrefix": "exports/{date}"}      | `keyPrefix` has a placeholder    |
      | A stream with folders        | {"query": null, "table": "items", "incremental": {"stream": "a/b"}}                                       | a name of letters                |
