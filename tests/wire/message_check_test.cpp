#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "tests/wire/messages.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace yizhan::wire {

namespace {

/// The verdict on the sample message after `change`: "ok", or the error's message.
std::string verdict(const std::function<void(Message&)>& change) {
  Message message = sample_message();
  change(message);
  const Status status = check_message(message);
  return status.ok() ? "ok" : status.error().message;
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a message with everything in order passes, with or without what is optional") {
  CHECK(verdict([](Message&) {}) == "ok");
  CHECK(verdict([](Message& m) { m.clear_expires(); }) == "ok");
  CHECK(verdict([](Message& m) { m.clear_body(); }) == "ok");
  CHECK(verdict([](Message& m) { m.clear_attachments(); }) == "ok");
  CHECK(verdict([](Message& m) { m.set_priority(Priority(77)); }) == "ok");  // of a newer version
}

TEST_CASE("each wrong field of the envelope is named") {
  CHECK(verdict([](Message& m) { m.set_id("short"); }) == "id: it is not 16 bytes");
  CHECK(says(verdict([](Message& m) { m.clear_kind(); }), "kind: number 0 is none of task,"));
  CHECK(says(verdict([](Message& m) { m.set_kind(Kind(10)); }), "kind: number 10"));
  CHECK(verdict([](Message& m) { m.clear_recipient(); }) == "recipient: no address is given");
  CHECK(verdict([](Message& m) { m.set_sender("a\nb"); }) == "sender: it has a control character");
  CHECK(says(verdict([](Message& m) { m.set_thread(std::string(9000, 't')); }), "thread: 9000"));
  CHECK(verdict([](Message& m) { m.set_in_reply_to("yesterday"); }) ==
        "in_reply_to: it is not a UUID");
  CHECK(says(verdict([](Message& m) { m.clear_created(); }), "created: ''"));
  CHECK(says(verdict([](Message& m) { m.set_created("2026-03-04T09:12:00"); }), "with offset"));
  CHECK(says(verdict([](Message& m) { m.set_expires("tomorrow"); }), "expires: 'tomorrow'"));
}

TEST_CASE("an attachment's name cannot lead anywhere") {
  for (const char* name : {"a.docx", "图 12.png", "-rf", ".hidden", "a.b.c", "a;b#c"}) {
    CHECK(check_attachment_name(name).ok());
  }
  for (const char* name :
       {"", ".", "..", "a/b", "/etc/passwd", "..\\x", "C:\\x", "a..b", "a\nb", "a\x7F"}) {
    CHECK_FALSE(check_attachment_name(name).ok());
  }
  CHECK(check_attachment_name(std::string(kMaxAttachmentNameBytes, 'n')).ok());
  CHECK(check_attachment_name(std::string(kMaxAttachmentNameBytes + 1, 'n')).error().code ==
        Code::kLimit);
}

TEST_CASE("each wrong attachment is named") {
  CHECK(says(verdict([](Message& m) { m.mutable_attachments(0)->set_name("../x"); }), "'../x'"));
  CHECK(says(verdict([](Message& m) { m.mutable_attachments(0)->set_sha256("x"); }),
             "'manual.txt': its sha256"));
  CHECK(verdict([](Message& m) { m.mutable_attachments(0)->set_size(kMaxAttachmentBytes); }) ==
        "ok");
  CHECK(
      says(verdict([](Message& m) { m.mutable_attachments(0)->set_size(kMaxAttachmentBytes + 1); }),
           "limit"));
  CHECK(says(verdict([](Message& m) { *m.add_attachments() = m.attachments(0); }), "named twice"));
}

TEST_CASE("a body that passes is one that parses and can be written as a task file") {
  const auto with_body = [](const std::string& bytes) {
    return verdict([&](Message& m) { m.set_body(bytes); });
  };
  CHECK(with_body(body_of("job", "file.1.role", "图\n")) == "ok");
  CHECK(with_body("\xFF\xFF") == "body: it is not a list of sections");
  CHECK(with_body(std::string("\x0a\x05job", 5)) == "body: it is not a list of sections");
  CHECK(says(with_body(body_of("job]\n[x", "id", "1")), "name of a section"));
  CHECK(says(with_body(body_of("job", "id = 1\nx", "1")), "a key is not"));
  CHECK(with_body(body_of("handler OmegaT", "id", "1")) == "ok");
  CHECK(says(with_body(body_of("Job", "id", "1")), "name of a section"));
  CHECK(says(with_body(body_of("job", "Id", "1")), "a key is not"));
  CHECK(says(with_body(body_of("job", "", "1")), "a key is not"));
  CHECK(says(with_body(body_of("job", std::string(kMaxNameBytes + 1, 'k'), "1")), "a key is not"));
  CHECK(says(with_body(body_of("job", "id", std::string("a\0b", 3))), "control character"));
  CHECK(says(with_body(body_of("job", "id", "1") + body_of("job", "type", "1")), "[job]"));
  Body twice;
  twice.add_sections()->set_name("job");
  for (int i = 0; i < 60; ++i) {  // enough of them for both ways of looking
    twice.mutable_sections(0)->add_entries()->set_key("k" + std::to_string(i));
  }
  CHECK(with_body(twice.SerializeAsString()) == "ok");
  twice.mutable_sections(0)->add_entries()->set_key("k30");
  CHECK(says(with_body(twice.SerializeAsString()), "key 'k30' is there twice"));
  std::string not_utf8 = body_of("job", "id", "@");
  not_utf8.back() = '\xFF';
  CHECK(says(with_body(not_utf8), "not UTF-8"));
}

TEST_CASE("one wrong character of a value is found wherever it stands") {
  for (std::size_t size : {1u, 7u, 8u, 9u, 16u, 30u}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string value(size, ' ');
        value[at] = static_cast<char>(c);
        const std::string said =
            verdict([&](Message& m) { m.set_body(body_of("job", "id", value)); });
        const bool control = c < 0x20 && c != '\n' && c != '\t';
        INFO("character " << c << " at " << at << " of " << size);
        REQUIRE(said == (control     ? "body: a value has a control character"
                         : c >= 0x80 ? "body: a value is not UTF-8"
                                     : "ok"));
      }
    }
  }
}

TEST_CASE("a body whose numbers protobuf would not read is refused") {
  const auto with_body = [](const std::string& bytes) {
    return verdict([&](Message& m) { m.set_body(bytes); });
  };
  const std::string section = body_of("job", "id", "1");
  const std::string damaged = "body: it is not a list of sections";
  REQUIRE(with_body(section) == "ok");
  CHECK(with_body(section + '\x0a') == damaged);                       // no size
  CHECK(with_body(section + std::string("\x02\x00", 2)) == damaged);   // field number 0
  CHECK(with_body(section + std::string("\x00\x00", 2)) == damaged);   // no tag
  CHECK(with_body(section + std::string("\x08\x01", 2)) == damaged);   // not of a size
  CHECK(with_body(section + "\x12\x82\x80") == damaged);               // size cut off
  CHECK(with_body(section + "\x12\x80\x80\x80\x80\x10") == damaged);   // over 32 bits
  CHECK(with_body(section + "\x12\xFF\xFF\xFF\xFF\x0F") == damaged);   // longer than the body
  CHECK(with_body(section + std::string("\x1a\x80\x00", 3)) == "ok");  // of a newer version
}

TEST_CASE("a body is taken up to its limits and refused one past them") {
  const auto code_of = [](const Body& body) {
    Message message = sample_message();
    message.set_body(body.SerializeAsString());
    const Status status = check_message(message);
    return std::string(status.ok() ? "ok" : code_name(status.error().code));
  };
  Body body;
  for (std::size_t i = 0; i < kMaxSections; ++i) {
    body.add_sections()->set_name("s" + std::to_string(i));
  }
  CHECK(code_of(body) == "ok");
  body.add_sections()->set_name("one.more");
  CHECK(code_of(body) == "limit");

  Body long_value;
  Entry* entry = long_value.add_sections()->add_entries();
  long_value.mutable_sections(0)->set_name("job");
  entry->set_key("id");
  entry->set_value(std::string(kMaxValueBytes, 'v'));
  CHECK(code_of(long_value) == "ok");
  entry->mutable_value()->append("v");
  CHECK(code_of(long_value) == "limit");
}

TEST_CASE("a message as a whole stays within its limit") {
  const auto with_values = [](int count) {
    Body body;
    body.add_sections()->set_name("job");
    for (int i = 0; i < count; ++i) {
      Entry* entry = body.mutable_sections(0)->add_entries();
      entry->set_key("k" + std::to_string(i));
      entry->set_value(std::string(kMaxValueBytes, 'v'));
    }
    return verdict([&](Message& m) { m.set_body(body.SerializeAsString()); });
  };
  CHECK(with_values(79) == "ok");
  CHECK(says(with_values(81), "limit"));
  CHECK(
      says(verdict([](Message& m) { m.set_signed_file(std::string(kMaxTaskFileBytes + 1, 's')); }),
           "signed_file"));
}

}  // namespace yizhan::wire
