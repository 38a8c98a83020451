#include "rules/fields.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan::rules {

TEST_CASE("fields a rule may name are the envelope's, the state's, the roles, and section.key") {
  for (const char* field :
       {"kind", "priority", "sender", "recipient", "thread", "in_reply_to", "ack", "expires",
        "created", "id", "state", "previous_state", "sender.role", "question.category",
        "files.file.1.sha256", "x-lab.unknown_key", "yizhan.unknown_key"}) {
    INFO(field);
    CHECK(check_field(field).ok());
  }
  for (const char* field :
       {"", "kin", "category", ".", "a.", ".b", "Question.category", "a b.c", "sender.roles",
        "sender.", "yizhan.kind", "question.käse", "question.a=b"}) {
    INFO(field);
    CHECK_FALSE(check_field(field).ok());
  }
}

TEST_CASE("a misspelt field is answered with the nearest one") {
  CHECK_THAT(check_field("priorty").error().message, Catch::Contains("did you mean \"priority\"?"));
  CHECK_THAT(check_field("yizhan.kind").error().message, Catch::Contains("bare: \"kind\""));
  CHECK_THAT(check_field("sender.roles").error().message, Catch::Contains("\"sender.role\""));
}

TEST_CASE("only fields outside the envelope need the body") {
  CHECK(is_envelope_field("kind"));
  CHECK(is_envelope_field("previous_state"));
  CHECK(is_envelope_field("sender.role"));
  CHECK_FALSE(is_envelope_field("question.category"));
  CHECK_FALSE(is_envelope_field("yizhan.unknown_key"));
}

TEST_CASE("enumerated fields take their words only, in lower case") {
  CHECK(check_word("kind", "question").ok());
  CHECK(check_word("priority", "urgent").ok());
  CHECK(check_word("ack", "none").ok());
  CHECK(check_word("state", "whatever").ok());
  CHECK_FALSE(check_word("kind", "Question").ok());
  CHECK_THAT(check_word("kind", "qestion").error().message,
             Catch::Contains("did you mean \"question\"?"));
  CHECK_THAT(check_word("priority", "asap").error().message,
             Catch::Contains("known are: low, normal, high, urgent"));
}

}  // namespace yizhan::rules
