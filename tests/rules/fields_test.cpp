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
  CHECK(is_envelope_field("in_reply_to.state"));
  CHECK(is_envelope_field("recipient.silent"));
  CHECK(is_envelope_field("run_output"));
  for (const char* field : {"time_to_due", "self_revision", "must_read"}) {
    CHECK_FALSE(is_envelope_field(field));
  }
  CHECK_FALSE(is_envelope_field("question.category"));
  CHECK_FALSE(is_envelope_field("yizhan.unknown_key"));
}

TEST_CASE("enumerated fields take their words only, in lower case") {
  CHECK(check_word("kind", "question").ok());
  CHECK(check_word("priority", "urgent").ok());
  CHECK(check_word("ack", "none").ok());
  CHECK(check_word("state", "whatever").ok());
  CHECK(check_word("self_revision", "no").ok());
  CHECK_FALSE(check_word("self_revision", "maybe").ok());
  CHECK_FALSE(check_word("in_reply_to.kind", "job").ok());
  CHECK_FALSE(check_word("kind", "Question").ok());
  CHECK_THAT(check_word("kind", "qestion").error().message,
             Catch::Contains("did you mean \"question\"?"));
  CHECK_THAT(check_word("priority", "asap").error().message,
             Catch::Contains("known are: low, normal, high, urgent"));
}

TEST_CASE("what the broker knows beside the message has bare names and sets") {
  for (const char* field : {"age", "time_to_due", "progress", "signed", "fires", "attempts", "flag",
                            "conflict", "recipient.role", "recipient.silent", "in_reply_to.kind",
                            "in_reply_to.state", "self_revision", "must_read", "run_output"}) {
    INFO(field);
    CHECK(check_field(field).ok());
    CHECK(check_field(field, TableKind::kDataState).ok());
    CHECK(check_field(field, TableKind::kPreset).ok());
  }
  for (const char* field : {"sender.role", "recipient.role", "flag"}) CHECK(is_set_field(field));
  CHECK_FALSE(is_set_field("kind"));
  CHECK_THAT(check_field("recipient.rol").error().message,
             Catch::Contains("the recipient has no \"rol\"; did you mean \"recipient.role\"?"));
}

TEST_CASE("only rows of the activation table can ask about an activation") {
  for (const char* field :
       {"preset", "expected", "late", "activation.user", "activation.code", "activation.machine",
        "activation.address", "activation.via", "activation.time"}) {
    INFO(field);
    CHECK(check_field(field).ok());
    CHECK(check_field(field, TableKind::kActivation).ok());
    CHECK_THAT(check_field(field, TableKind::kDataState).error().message,
               Catch::Contains("can only be asked by rows of [activation NAME]"));
    CHECK_FALSE(check_field(field, TableKind::kPreset).ok());
    CHECK(is_envelope_field(field));
  }
  CHECK_THAT(check_field("activation.usr").error().message,
             Catch::Contains("did you mean \"activation.user\"?"));
}

TEST_CASE("the state is any word, that of an activation one of a few") {
  CHECK(check_word("state", "whatever", TableKind::kPreset).ok());
  CHECK(check_word("state", "cancelled", TableKind::kActivation).ok());
  CHECK_THAT(check_word("state", "acepted", TableKind::kActivation).error().message,
             Catch::Contains("did you mean \"accepted\"?"));
  CHECK_FALSE(check_word("activation.via", "mail", TableKind::kActivation).ok());
  CHECK_FALSE(check_word("signed", "maybe").ok());
  CHECK(words_of("conflict", TableKind::kDataState).size() == 2);
  CHECK(words_of("state", TableKind::kDataState).empty());
}

TEST_CASE("the time to the due is computed from the body") {
  CHECK(is_envelope_field("age"));
  CHECK(is_envelope_field("flag"));
  CHECK_FALSE(is_envelope_field("time_to_due"));
  CHECK(is_always_present("age"));
  CHECK_FALSE(is_always_present("time_to_due"));
}

}  // namespace yizhan::rules
