#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "agent/task_file.h"
#include "config/ids.h"
#include "tests/agent/task_text.h"
#include "wire/codec.h"

namespace yizhan::agent {

namespace {

/// Everything but the kept bytes of a signed file, which are another file's.
std::string comparable(wire::Message message) {
  message.clear_signed_file();
  return message.SerializeAsString();
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }

  /// Text with everything in it that an INI reader could trip over.
  std::string text() {
    static const std::string kPieces[] = {
        "a",  "图", "\n", "\t", "\\", "\\n", "=", ";",  "#",    " ",   "  ", "[x]", "\"",       "'",
        "${", "%s", "：", "é",  "😀",  "|",   ",", "k=", "\\\\", "end", "1",  ".",   "\n[end]\n"};
    std::string text;
    const std::size_t count = below(12);
    for (std::size_t i = 0; i < count; ++i) text += kPieces[below(std::size(kPieces))];
    return text;
  }

  std::string name() {
    std::string name;
    const std::size_t count = 1 + below(8);
    for (std::size_t i = 0; i < count; ++i) name += "abcxyz019_.-"[below(12)];
    return name;
  }

 private:
  std::mt19937 engine_;
};

wire::Message random_message(unsigned seed) {
  Random random(seed);
  wire::Message message;
  message.set_id(std::string(make_uuid7(1'700'000'000'000 + seed, {}).view()));
  message.set_kind(wire::DATA);
  message.set_recipient("role:pm, group:PRJ-1");
  message.set_created("2026-03-04T09:12:00+08:00");
  if (random.below(2)) message.set_sender("user:zhang.min");
  if (random.below(2)) message.set_thread("thread; with # and = in it");
  if (random.below(2)) message.set_in_reply_to(kTaskId);
  if (random.below(2)) message.set_expires("2027-03-04T09:12:00.5Z");
  message.set_priority(static_cast<wire::Priority>(random.below(5)));
  message.set_ack(static_cast<wire::Ack>(random.below(6)));
  wire::Body body;
  if (random.below(2)) {  // keys of the envelope that are not ours come first, as in a file
    wire::Section* own = body.add_sections();
    own->set_name("yizhan");
    wire::Entry* entry = own->add_entries();
    entry->set_key("x-" + random.name());
    entry->set_value(random.text());
  }
  const std::size_t sections = random.below(5);
  for (std::size_t i = 0; i < sections; ++i) {
    wire::Section* section = body.add_sections();
    section->set_name("s" + std::to_string(i) + random.name());
    const std::size_t entries = random.below(6);
    for (std::size_t j = 0; j < entries; ++j) {
      wire::Entry* entry = section->add_entries();
      entry->set_key("k" + std::to_string(j) + random.name());
      entry->set_value(random.text());
    }
  }
  message.set_body(body.SerializeAsString());
  return message;
}

}  // namespace

TEST_CASE("a written message reads back equal, whatever its values hold") {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const wire::Message message = random_message(seed);
    REQUIRE(wire::check_message(message).ok());
    const std::string text = format_task_file(message);
    const auto file = parse_task_file(text, "t.ini");
    INFO("seed " << seed << "\n" << text);
    if (!file.ok()) FAIL(file.error().message);
    REQUIRE(comparable(file->message) == comparable(message));
    REQUIRE(wire::content_hash(file->message) == wire::content_hash(message));
    REQUIRE(file->complete);
    REQUIRE(format_task_file(file->message) == text);
  }
}

TEST_CASE("a delivered message is written in plain order and closed") {
  const auto file =
      parse_task_file("[yizhan]\r\nKIND=reply\r\nid=" + std::string(kTaskId) +
                          "\r\nversion=1\r\n"
                          "recipient=a\r\ncreated=2026-03-04T09:12:00Z\r\nsender=b\r\n"
                          "[reply]\r\nDecision=answered\r\ntext=x\\ny\r\n",
                      "t.ini");
  REQUIRE(file.ok());
  CHECK(format_task_file(file->message) ==
        "[yizhan]\nversion = 1\nkind = reply\nid = " + std::string(kTaskId) +
            "\ncreated = 2026-03-04T09:12:00Z\nsender = b\nrecipient = a\n\n"
            "[reply]\ndecision = answered\ntext = x\\ny\n\n[end]\n");
}

TEST_CASE("a message of a peer that hides envelope keys in its body cannot change its envelope") {
  wire::Message message = random_message(1);
  wire::Body body;
  wire::Section* section = body.add_sections();
  section->set_name("yizhan");
  wire::Entry* entry = section->add_entries();
  entry->set_key("recipient");
  entry->set_value("user:somebody.else");
  message.set_body(body.SerializeAsString());
  const auto file = parse_task_file(format_task_file(message), "t.ini");
  REQUIRE(file.ok());
  CHECK(file->message.recipient() == message.recipient());
  CHECK(field_of(message, body, "recipient") == message.recipient());
}

TEST_CASE("a new file of each kind is a good one") {
  const MessageId id = *parse_uuid(kTaskId);
  for (int kind = wire::TASK; kind <= wire::RECEIPT; ++kind) {
    const std::string text = new_task_file(static_cast<wire::Kind>(kind), id,
                                           "2026-03-04T09:12:00+08:00", "user:li.wei");
    const auto file = parse_task_file(text, "new.ini");
    INFO(text);
    if (!file.ok()) FAIL(file.error().message);
    CHECK(file->complete);
    CHECK(file->warnings.empty());
    CHECK(file->message.kind() == kind);
    CHECK(wire::id_of(file->message) == id);
  }
}

TEST_CASE("the commented lines of a new file are good too, once they are filled in") {
  const MessageId id = *parse_uuid(kTaskId);
  for (const wire::Kind kind : {wire::GUIDANCE, wire::COMMAND}) {  // have values in all comments
    std::string text = new_task_file(kind, id, "2026-03-04T09:12:00+08:00", "user:li.wei");
    for (std::size_t at = text.find("\n; "); at != std::string::npos; at = text.find("\n; ")) {
      text.erase(at + 1, 2);
    }
    INFO(text);
    const auto file = parse_task_file(text, "new.ini");
    if (!file.ok()) FAIL(file.error().message);
    CHECK(file->warnings.empty());
  }
}

TEST_CASE("fields are found by the names that conditions use") {
  const auto file =
      parse_task_file(task_of("[count]\ntotal = 5\n[handler One.Two]\nrun = x\n"), "t.ini");
  REQUIRE(file.ok());
  wire::Body body;
  REQUIRE(body.ParseFromString(file->message.body()));
  const auto field = [&](const char* name) {
    return field_of(file->message, body, name).value_or("-");
  };
  CHECK(field("kind") == "task");
  CHECK(field("yizhan.kind") == "task");
  CHECK(field("version") == "1");
  CHECK(field("id") == kTaskId);
  CHECK(field("recipient") == "user:li.wei");
  CHECK(field("created") == "2026-03-04T09:12:00+08:00");
  CHECK(field("priority") == "normal");
  CHECK(field("ack") == "delivered");
  CHECK(field("thread") == "-");
  CHECK(field("expires") == "-");
  CHECK(field("job.due") == "2026-03-06T18:00:00+08:00");
  CHECK(field("count.total") == "5");
  CHECK(field("handler One.Two.run") == "x");
  CHECK(field("job") == "-");
  CHECK(field("job.") == "-");
  CHECK(field("job.none") == "-");
  CHECK(field("") == "-");
}

}  // namespace yizhan::agent
