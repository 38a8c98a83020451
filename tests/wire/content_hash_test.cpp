#include <catch2/catch.hpp>
#include <string>

#include "tests/wire/messages.h"
#include "wire/codec.h"

namespace yizhan::wire {

TEST_CASE("the hash of a message is the same in every version of the program") {
  // Stored hashes are compared with hashes computed years later: a change here is a broken format.
  const ContentHash hash = content_hash(sample_message());
  std::string hex;
  for (const unsigned char byte : hash.data) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  CHECK(hex == "43d16d7ca8c05acf66e506f775d4411ee2f6258828638daa54f26b716b677d70");
}

TEST_CASE("what is stamped on the way does not change what a message says") {
  Message message = sample_message();
  const ContentHash before = content_hash(message);
  message.set_sender("user:zhang.min");
  message.set_signed_file("[yizhan]");
  CHECK(content_hash(message) == before);
}

TEST_CASE("a default written out says the same as one left out") {
  Message message = sample_message();
  const ContentHash before = content_hash(message);
  message.set_priority(NORMAL);
  message.set_ack(ACK_DELIVERED);
  CHECK(content_hash(message) == before);
}

TEST_CASE("a change of any other field changes the hash") {
  const ContentHash before = content_hash(sample_message());
  const auto changed = [&](auto&& change) {
    Message message = sample_message();
    change(message);
    return content_hash(message) != before;
  };
  CHECK(changed([](Message& m) { (*m.mutable_id())[15] = 9; }));
  CHECK(changed([](Message& m) { m.set_kind(DATA); }));
  CHECK(changed([](Message& m) { m.set_recipient("user:li.we"); }));
  CHECK(changed([](Message& m) { m.set_thread("t"); }));
  CHECK(changed([](Message& m) { m.set_in_reply_to("t"); }));
  CHECK(changed([](Message& m) { m.set_priority(HIGH); }));
  CHECK(changed([](Message& m) { m.set_ack(ACK_NONE); }));
  CHECK(changed([](Message& m) { m.set_created("2026-03-04T09:12:01+08:00"); }));
  CHECK(changed([](Message& m) { m.clear_expires(); }));
  CHECK(changed([](Message& m) { m.mutable_body()->append("x"); }));
  CHECK(changed([](Message& m) { m.mutable_attachments(0)->set_size(13); }));
  CHECK(changed([](Message& m) { m.mutable_attachments(0)->set_name("manual.tx"); }));
  CHECK(changed([](Message& m) { m.add_attachments(); }));
}

TEST_CASE("bytes cannot wander from one field to its neighbour") {
  Message one = sample_message();
  Message other = one;
  one.set_thread("ab");
  one.set_in_reply_to("c");
  other.set_thread("a");
  other.set_in_reply_to("bc");
  CHECK(content_hash(one) != content_hash(other));
}

TEST_CASE("bodies around the buffer's size hash to different values") {
  Message message = sample_message();
  ContentHash last = content_hash(message);
  for (const std::size_t size : {1800u, 2047u, 2048u, 2049u, 4096u, 300'000u}) {
    message.set_body(std::string(size, 'b'));
    const ContentHash hash = content_hash(message);
    CHECK(hash != last);
    CHECK(hash == content_hash(message));
    last = hash;
  }
}

}  // namespace yizhan::wire
