#include "wire/codec.h"

#include <catch2/catch.hpp>
#include <string>

#include "config/time.h"
#include "tests/wire/messages.h"
#include "wire/limits.h"

namespace yizhan::wire {

namespace {

std::string code_of(const std::string& frame) {
  const auto decoded = decode_from_agent(frame);
  return decoded.ok() ? "ok" : code_name(decoded.error().code);
}

}  // namespace

TEST_CASE("a frame reads back as it was written") {
  FromAgent sent;
  *sent.mutable_push()->add_messages() = sample_message();
  const auto read = decode_from_agent(encode(sent));
  REQUIRE(read.ok());
  CHECK(read->push().messages(0).SerializeAsString() == sample_message().SerializeAsString());

  FromBroker answer;
  answer.mutable_pong()->set_number(7);
  CHECK(decode_from_broker(encode(answer))->pong().number() == 7);
}

TEST_CASE("bytes that are no frame are refused, each prefix and each flipped bit") {
  FromAgent sent;
  *sent.mutable_push()->add_messages() = sample_message();
  const std::string frame = encode(sent);
  CHECK(code_of("") == "invalid");
  for (std::size_t size = 1; size < frame.size(); ++size) {
    CHECK(code_of(frame.substr(0, size)) == "invalid");
  }
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    std::string flipped = frame;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto read = decode_from_agent(flipped);  // any answer, but an answer
    if (read.ok() && read->has_push()) {
      for (const Message& message : read->push().messages()) (void)check_message(message).ok();
    }
  }
}

TEST_CASE("a frame without a body that we know is refused") {
  const std::string unknown_field = {char(0xFA), char(0x01), 0x00};  // field 31, empty
  CHECK(code_of(unknown_field) == "invalid");
}

TEST_CASE("a frame is taken up to the byte limit and refused one past it") {
  FromAgent sent;
  sent.mutable_blob_chunk()->set_data(std::string(kMaxFrameBytes - 8, 'x'));
  std::string frame = encode(sent);
  REQUIRE(frame.size() <= kMaxFrameBytes);
  sent.mutable_blob_chunk()->mutable_data()->append(kMaxFrameBytes - frame.size(), 'x');
  frame = encode(sent);
  REQUIRE(frame.size() == kMaxFrameBytes);
  CHECK(code_of(frame) == "ok");
  sent.mutable_blob_chunk()->mutable_data()->append(1, 'x');
  CHECK(code_of(encode(sent)) == "limit");
}

TEST_CASE("a small frame cannot make us build a great many parts") {
  FromAgent sent;
  for (std::size_t i = 0; i < kMaxFrameItems; ++i) sent.mutable_push()->add_messages();
  CHECK(code_of(encode(sent)) == "ok");
  sent.mutable_push()->add_messages();
  CHECK(code_of(encode(sent)) == "limit");

  FromBroker answer;
  Message* message = answer.mutable_deliver()->add_deliveries()->mutable_message();
  for (std::size_t i = 0; i <= kMaxFrameItems; ++i) message->add_attachments();
  const auto read = decode_from_broker(encode(answer));
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == Code::kLimit);
}

TEST_CASE("text that is not UTF-8 is refused") {
  FromAgent sent;
  sent.mutable_hello()->set_user("\xFF\xFE");
  CHECK(code_of(encode(sent)) == "invalid");
}

TEST_CASE("id and expiry of a checked message are read") {
  Message message = sample_message();
  REQUIRE(check_message(message).ok());
  CHECK(format_uuid(id_of(message)) == "0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01");
  CHECK(expires_us(message) == to_micros(*parse_time("2026-03-05T01:12:00Z")));
  message.clear_expires();
  CHECK(expires_us(message) == 0);
}

TEST_CASE("an entry is found by section and key, or there is none") {
  Body body;
  REQUIRE(body.ParseFromString(sample_message().body()));
  REQUIRE(find_entry(body, "job", "id") != nullptr);
  CHECK(*find_entry(body, "job", "id") == "PRJ-1-T1");
  CHECK(find_entry(body, "job", "due") == nullptr);
  CHECK(find_entry(body, "project", "id") == nullptr);
}

}  // namespace yizhan::wire
