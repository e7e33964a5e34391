Feature: The CSV file
  The bytes of the Java extractor by default, those of the server's COPY on request, and individual options on top of either.

  Scenario: Java's bytes
    When the query "SELECT id, name, email IS NULL AS unknown FROM users WHERE id > 2 ORDER BY id" is extracted
    Then the file is
      ```
      "id","name","unknown"
      "3","Cleo","true"
      "4","Dan ""D""","false"
      ```
    And there is no warning

  Scenario: NULL and the empty string are the same in Java's file
    When the query "SELECT id, email FROM users WHERE id > 2 ORDER BY id" is extracted
    Then the file is
      """
      "id","email"
      "3",""
      "4",""
      """

  Scenario: The dialect postgres distinguishes NULL from the empty string and quotes only where needed
    When the usual event comes with
      """
      {"query": "SELECT id, name, email, id > 3 AS late FROM users WHERE id > 2 ORDER BY id",
       "csv": {"dialect": "postgres"}}
      """
    Then the file is
      ```
      id,name,email,late
      3,Cleo,,f
      4,"Dan ""D""","",t
      ```

  Scenario: The types of an order in the dialect java
    When the query "SELECT * FROM orders WHERE id = 102" is extracted
    Then the file is
      """
      "id","user_id","amount","status","ordered_at","tags","details"
      "102","1","250.00","pending","2024-12-20 18:05:10.5","{}","{""colour"": ""blue""}"
      """

  Scenario: The types of an order in the dialect postgres
    When the usual event comes with {"query": "SELECT * FROM orders WHERE id = 102", "csv": {"dialect": "postgres"}}
    Then the file is
      """
      id,user_id,amount,status,ordered_at,tags,details
      102,1,250.00,pending,2024-12-20 18:05:10.5+00,{},"{""colour"": ""blue""}"
      """

  Scenario Outline: The option <csv>
    When the usual event comes with {"query": "SELECT id, name, email FROM users WHERE id = 3", "csv": <csv>}
    Then the file's bytes are '<bytes>'

    Examples:
      | csv                                                   | bytes                                              |
      | {}                                                    | "id","name","email"\\n"3","Cleo",""\\n               |
      | {"delimiter": ";"}                                    | "id";"name";"email"\\n"3";"Cleo";""\\n               |
      | {"delimiter": "\\t", "quote": "minimal"}               | id\\tname\\temail\\n3\\tCleo\\t\\n                       |
      | {"quote": "minimal"}                                  | id,name,email\\n3,Cleo,\\n                           |
      | {"header": false}                                     | "3","Cleo",""\\n                                    |
      | {"null": "NULL"}                                      | "id","name","email"\\n"3","Cleo",NULL\\n             |
      | {"null": ""}                                          | "id","name","email"\\n"3","Cleo",\\n                 |
      | {"lineEnding": "crlf"}                                | "id","name","email"\\r\\n"3","Cleo",""\\r\\n           |
      | {"bom": true}                                         | \\u{feff}"id","name","email"\\n"3","Cleo",""\\n       |
      | {"dialect": "postgres", "quote": "all"}               | "id","name","email"\\n"3","Cleo",\\n                 |
      | {"dialect": "postgres", "null": "\\\\N", "header": false} | 3,Cleo,\\N\\n                                      |

  Scenario Outline: The preset <preset>
    When the usual event comes with
      """
      {"query": "SELECT id, name, email, id > 3 AS late FROM users WHERE id > 2 ORDER BY id", "csv": {"preset": "<preset>"}}
      """
    Then the file's bytes are '<bytes>'

    Examples:
      | preset    | bytes                                                                                      |
      | redshift  | "id","name","email","late"\\n"3","Cleo",\\N,"f"\\n"4","Dan ""D""","","t"\\n                 |
      | snowflake | "id","name","email","late"\\n"3","Cleo",,"f"\\n"4","Dan ""D""","","t"\\n                   |
      | excel     | \\u{feff}id,name,email,late\\r\\n3,Cleo,,false\\r\\n4,"Dan ""D""","",true\\r\\n             |

  Scenario: Equal labels collapse as in Java, with a warning
    When the query "SELECT 1 AS a, 2 AS b, 3 AS a" is extracted
    Then the file is
      """
      "a","b"
      "3","2"
      """
    And a warning says "a"

  Scenario: Equal labels stay in the dialect postgres
    When the usual event comes with {"query": "SELECT 1 AS a, 2 AS b, 3 AS a", "csv": {"dialect": "postgres"}}
    Then the file is
      """
      a,b,a
      1,2,3
      """
    And there is no warning

  Scenario: Extension types and user-defined types
    Given the database has run
      """
      CREATE EXTENSION hstore;
      CREATE TYPE mood AS ENUM ('glad', 'sad');
      CREATE TYPE pair AS (a int, b text);
      """
    When the query "SELECT 'k=>v'::hstore AS h, 'glad'::mood AS m, row(1, 'x y')::pair AS p" is extracted
    Then the file is
      ```
      "h","m","p"
      """k""=>""v""","glad","(1,""x y"")"
      ```
