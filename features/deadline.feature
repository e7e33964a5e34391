Feature: The time is limited
  The function stops before Lambda kills it, and leaves nothing behind.

  Scenario: The process serves the next event after a deadline
    When the query "SELECT pg_sleep(60)" is extracted with 9 seconds left
    And the usual event comes with 60 seconds left
    Then 2 records were processed

  Scenario: A deadline in the past, as some emulators send it, is ignored
    Given an emulator that tells a deadline in 1970
    When the usual event comes
    Then the extraction succeeds
    And a warning says "deadline lies in the past"
