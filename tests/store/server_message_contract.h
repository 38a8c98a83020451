#pragma once
// What the server store must do with messages. Included by server_store_contract.h.

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "store/db.h"
#include "store/server_store.h"
#include "tests/store/checks.h"
#include "tests/store/server_fixtures.h"

namespace yizhan::store {

TEMPLATE_TEST_CASE("a message comes back with all it was stored with", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  StoredMessage message = message_of(1);
  message.in_reply_to = id_of(99);
  message.expires_us = 123456789;
  message.state = "译";
  message.envelope = all_bytes(300);
  message.body = all_bytes(262144);
  message.seq = take(t.store->insert_message(message));
  const StoredMessage empty = [] {
    StoredMessage other = message_of(2);
    other.envelope.clear();
    other.body.clear();
    return other;
  }();
  take(t.store->insert_message(empty));
  t.restart();
  const StoredMessage read = take(t.store->message(message.seq)).value();
  CHECK(read.seq == message.seq);
  CHECK(read.id == message.id);
  CHECK(read.sender == message.sender);
  CHECK(read.kind == message.kind);
  CHECK(read.ack == message.ack);
  CHECK(read.state == message.state);
  CHECK(read.version == 1);
  CHECK(read.in_reply_to == message.in_reply_to);
  CHECK(read.stored_us == message.stored_us);
  CHECK(read.expires_us == message.expires_us);
  CHECK(read.content_hash == message.content_hash);
  CHECK((read.envelope == message.envelope));
  CHECK((read.body == message.body));
  const StoredMessage other = take(t.store->message_by_id(empty.id)).value();
  CHECK(other.body.empty());
  CHECK_FALSE(other.in_reply_to.has_value());
  CHECK_FALSE(take(t.store->message(message.seq + 100)).has_value());
  CHECK_FALSE(take(t.store->message_by_id(id_of(3))).has_value());
}

TEMPLATE_TEST_CASE("an id is stored once, and the transaction goes on", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  Transaction transaction = take(Transaction::open(*t.db));
  CHECK_FALSE(take(t.store->find_message(id_of(1))).has_value());
  const MessageSeq seq = take(t.store->insert_message(message_of(1)));
  CHECK(outcome(t.store->insert_message(message_of(1))) == "conflict");
  CHECK(take(t.store->insert_message(message_of(2))) > seq);
  take(t.store->flush());
  take(transaction.commit());
  const auto existing = take(t.store->find_message(id_of(1))).value();
  CHECK(existing.seq == seq);
  CHECK(existing.content_hash == message_of(1).content_hash);
  CHECK(take(t.store->ledger_counters()).messages == 2);
}

TEMPLATE_TEST_CASE("what is rolled back is not stored, not counted, and can be stored again",
                   "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  {
    Transaction transaction = take(Transaction::open(*t.db));
    t.relay(message_of(1), {1, 2});
    take(t.store->flush());
    t.relay(message_of(2), {1});
  }
  t.store->forget();
  CHECK(text_of(take(t.store->ledger_counters())) == text_of(Ledger{}));
  const MessageSeq seq = t.relay(message_of(1), {1});
  CHECK(seqs(take(t.store->mailbox(1, 0, 10))) == std::to_string(seq) + " ");
  take(t.store->flush());
  CHECK(take(t.store->ledger_recount()) == take(t.store->ledger_counters()));
}

TEMPLATE_TEST_CASE("a change of state raises the version", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  const MessageSeq seq = take(t.store->insert_message(message_of(1)));
  CHECK(take(t.store->set_state(seq, "routed")) == 2);
  CHECK(take(t.store->set_state(seq, "routed")) == 3);
  const StoredMessage read = take(t.store->message(seq)).value();
  CHECK(read.state == "routed");
  CHECK(read.version == 3);
  CHECK(outcome(t.store->set_state(seq + 100, "routed")) == "not-found");
  CHECK(outcome(t.store->set_state(seq, std::string(256, 's'))) == "limit");
}

TEMPLATE_TEST_CASE("replies and recent messages are listed in order", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  std::vector<MessageSeq> seq(6);
  for (std::uint64_t n = 1; n <= 5; ++n) {
    StoredMessage message = message_of(n);
    if (n % 2 == 0) message.in_reply_to = id_of(1);
    seq[n] = take(t.store->insert_message(message));
  }
  const auto list = [&](std::initializer_list<int> numbers) {
    std::string text;
    for (const int n : numbers) text += std::to_string(seq[static_cast<std::size_t>(n)]) + " ";
    return text;
  };
  CHECK(seqs(take(t.store->replies_to(id_of(1)))) == list({2, 4}));
  CHECK(take(t.store->replies_to(id_of(2))).empty());
  CHECK(seqs(take(t.store->recent_messages(0, 2))) == list({5, 4}));
  CHECK(seqs(take(t.store->recent_messages(seq[4], 10))) == list({3, 2, 1}));
}

TEMPLATE_TEST_CASE("every envelope that is stored is given once", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  Transaction transaction = take(Transaction::open(*t.db));
  for (std::uint64_t n = 1; n <= 150; ++n) take(t.store->insert_message(message_of(n)));
  take(transaction.commit());
  std::map<std::string, int> seen;
  MessageSeq after = 0;
  while (true) {
    const auto page = take(t.store->envelopes(&after, 64));
    if (page.empty()) break;
    for (const std::string& envelope : page) ++seen[envelope];
  }
  CHECK(seen.size() == 150);
  for (const auto& [envelope, times] : seen) CHECK(times == 1);
}

TEMPLATE_TEST_CASE("a changed byte in a stored message is found when it is read", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  const MessageSeq seq = t.relay(message_of(1), {1});
  const MessageSeq whole = t.relay(message_of(2), {2});
  const std::string where = " WHERE seq = " + std::to_string(seq);
  const char* change =
      GENERATE("body = X'626f64792032'", "envelope = X'00'", "sender = 8", "kind = 4",
               "expires_us = 1", "stored_us = 1", "in_reply_to = X'01'", "content_hash = X'01'");
  take(t.db->execute("UPDATE message SET " + std::string(change) + where));
  const StoredMessage read = take(t.store->message(seq)).value();
  CHECK(read.damaged);
  CHECK(read.seq == seq);
  CHECK(read.id == id_of(1));
  CHECK(read.envelope.empty());
  CHECK(read.body.empty());
  CHECK_FALSE(take(t.store->message(whole)).value().damaged);
}

TEMPLATE_TEST_CASE("a damaged message hides nothing behind it", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  t.relay(message_of(1), {1});
  const MessageSeq seq = t.relay(message_of(2), {1});
  t.relay(message_of(3), {1});
  take(t.db->execute("UPDATE message SET body = X'00' WHERE seq = " + std::to_string(seq)));
  const std::vector<StoredMessage> mail = take(t.store->mailbox(1, 0, 10));
  REQUIRE(mail.size() == 3);
  CHECK_FALSE(mail[0].damaged);
  CHECK(mail[1].damaged);
  CHECK_FALSE(mail[2].damaged);
  CHECK(take(t.store->recent_messages(0, 10)).size() == 3);
  CHECK(take(t.store->find_message(id_of(2))).has_value());
}

}  // namespace yizhan::store
