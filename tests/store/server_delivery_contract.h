#pragma once
// What the server store must do with deliveries, retention and the ledger. Included by
// server_store_contract.h.

#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "config/ids.h"
#include "store/db.h"
#include "store/server_store.h"
#include "tests/store/checks.h"
#include "tests/store/server_fixtures.h"

namespace yizhan::store {

TEMPLATE_TEST_CASE("a mailbox gives what waits, in order, from where it was left", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  const MessageSeq one = t.relay(message_of(1), {1, 2});
  const MessageSeq two = t.relay(message_of(2), {2});
  const MessageSeq three = t.relay(message_of(3), {1, 2});
  CHECK_FALSE(take(t.store->insert_delivery(three, 1, 9, "again")));
  CHECK(outcome(t.store->insert_delivery(three + 100, 1, 9, "")) == "not-found");
  t.restart();
  const auto text = [](std::initializer_list<MessageSeq> all) {
    std::string out;
    for (const MessageSeq seq : all) out += std::to_string(seq) + " ";
    return out;
  };
  CHECK(seqs(take(t.store->mailbox(1, 0, 10))) == text({one, three}));
  CHECK(seqs(take(t.store->mailbox(2, 0, 2))) == text({one, two}));
  CHECK(seqs(take(t.store->mailbox(2, two, 2))) == text({three}));
  CHECK(take(t.store->mailbox(3, 0, 10)).empty());
  CHECK(take(t.store->mailbox_size(2)) == 3);
  t.move(one, 2, DeliveryState::kDelivered);
  CHECK(seqs(take(t.store->mailbox(2, 0, 10))) == text({two, three}));
  CHECK(take(t.store->mailbox_size(2)) == 2);
  CHECK_FALSE(take(t.store->insert_delivery(one, 2, 9, "")));
}

TEMPLATE_TEST_CASE("the size of a mailbox follows every change, and a rollback", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  const MessageSeq one = t.relay(message_of(1), {1, 2});
  CHECK(take(t.store->mailbox_size(1)) == 1);
  t.relay(message_of(2), {1});
  CHECK(take(t.store->mailbox_size(1)) == 2);
  t.move(one, 1, DeliveryState::kDelivered);
  CHECK(take(t.store->mailbox_size(1)) == 1);
  t.move(one, 1, DeliveryState::kDone);
  CHECK(take(t.store->mailbox_size(1)) == 1);
  t.move(one, 1, DeliveryState::kQueued);
  CHECK(take(t.store->mailbox_size(1)) == 2);
  {
    const Transaction dropped = take(Transaction::open(*t.db));
    t.relay(message_of(3), {1, 2});
    CHECK(take(t.store->mailbox_size(1)) == 3);
    CHECK(take(t.store->mailbox_size(2)) == 2);
  }
  t.store->forget();
  CHECK(take(t.store->mailbox_size(1)) == 2);
  CHECK(take(t.store->mailbox_size(2)) == 1);
}

TEMPLATE_TEST_CASE("a delivery keeps its times, reason and cause", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  const MessageSeq seq = take(t.store->insert_message(message_of(1)));
  REQUIRE(take(t.store->insert_delivery(seq, 4, 50, "rule 规则")));
  Delivery delivery = take(t.store->delivery(seq, 4)).value();
  CHECK(delivery.queued_us == 50);
  CHECK(delivery.state_us == 50);
  CHECK(delivery.delivered_us == 0);
  CHECK(delivery.cause == "rule 规则");
  delivery.state = DeliveryState::kDelivered;
  delivery.delivered_us = 60;
  delivery.state_us = 60;
  delivery.attempts = 3;
  take(t.store->update_delivery(delivery));
  delivery.state = DeliveryState::kFailed;
  delivery.delivered_us = 0;  // not given: the time that is known stays
  delivery.state_us = 70;
  delivery.reason = "exit 3: ¡no!";
  take(t.store->update_delivery(delivery));
  const std::vector<Delivery> all = take(t.store->deliveries(seq));
  REQUIRE(all.size() == 1);
  CHECK(all[0].state == DeliveryState::kFailed);
  CHECK(all[0].delivered_us == 60);
  CHECK(all[0].state_us == 70);
  CHECK(all[0].attempts == 3);
  CHECK(all[0].reason == delivery.reason);
  delivery.client = 5;
  CHECK(outcome(t.store->update_delivery(delivery)) == "not-found");
  CHECK_FALSE(take(t.store->delivery(seq, 5)).has_value());
}

TEMPLATE_TEST_CASE("waiting deliveries expire with their message, others do not", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  CHECK(take(t.store->next_expiry()) == 0);
  StoredMessage late = message_of(1);
  late.expires_us = 500;
  StoredMessage soon = message_of(2);
  soon.expires_us = 300;
  const MessageSeq late_seq = t.relay(late, {1, 2});
  const MessageSeq soon_seq = t.relay(soon, {1});
  t.relay(message_of(3), {1});
  REQUIRE(take(t.store->insert_delivery(late_seq, 3, 1, "")));
  t.move(late_seq, 2, DeliveryState::kDelivered);
  CHECK(take(t.store->next_expiry()) == 300);
  CHECK(take(t.store->expired_deliveries(299, 10)).empty());
  const std::vector<Delivery> first = take(t.store->expired_deliveries(300, 10));
  REQUIRE(first.size() == 1);
  CHECK(first[0].message == soon_seq);
  CHECK(take(t.store->expired_deliveries(500, 10)).size() == 3);
  CHECK(take(t.store->expired_deliveries(500, 2)).size() == 2);
  t.move(soon_seq, 1, DeliveryState::kExpired);
  CHECK(take(t.store->next_expiry()) == 500);
}

TEMPLATE_TEST_CASE("dead deliveries are listed, and can be queued again", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  const MessageSeq seq = t.relay(message_of(1), {1, 2});
  t.move(seq, 2, DeliveryState::kDead);
  const std::vector<Delivery> dead = take(t.store->dead_deliveries(10));
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].client == 2);
  CHECK(take(t.store->ledger_counters()).dead == 1);
  t.move(seq, 2, DeliveryState::kQueued);
  CHECK(take(t.store->dead_deliveries(10)).empty());
  CHECK(take(t.store->mailbox_size(2)) == 1);
  CHECK(take(t.store->ledger_counters()).queued == 2);
}

TEMPLATE_TEST_CASE("retention removes finished old messages and knows their ids for ever",
                   "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  const MessageSeq waiting = t.relay(message_of(1, 100), {1});
  const MessageSeq finished = t.relay(message_of(2, 100), {1, 2});
  const MessageSeq young = t.relay(message_of(3, 5000), {1});
  const MessageSeq lonely = t.relay(message_of(4, 100), {});
  t.move(finished, 1, DeliveryState::kDone);
  t.move(finished, 2, DeliveryState::kDead);
  t.move(young, 1, DeliveryState::kDone);
  REQUIRE(take(t.store->insert_firing({finished, 1, "rule", 1, ""})));
  CHECK(take(t.store->purge_finished(1000, 10)) == 2);
  CHECK(take(t.store->purge_finished(1000, 10)) == 0);
  take(t.store->flush());
  CHECK(take(t.store->message(waiting)).has_value());
  CHECK(take(t.store->message(young)).has_value());
  CHECK_FALSE(take(t.store->message(finished)).has_value());
  CHECK_FALSE(take(t.store->message(lonely)).has_value());
  CHECK(take(t.store->deliveries(finished)).empty());
  CHECK(take(t.store->firings(finished)).empty());
  t.restart();
  const auto known = take(t.store->find_message(id_of(2))).value();
  CHECK(known.seq == 0);
  CHECK(known.content_hash == message_of(2).content_hash);
  CHECK(outcome(t.store->insert_message(message_of(2))) == "conflict");
  CHECK(text_of(take(t.store->ledger_counters())) ==
        "accepted 4 queued 1 done 1 expired 0 dead 0 purged 2 messages 4");
  CHECK(take(t.store->ledger_counters()) == take(t.store->ledger_recount()));
}

TEMPLATE_TEST_CASE("a seq is never given twice, also after all was removed", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  take(t.store->insert_message(message_of(1)));
  const MessageSeq last = take(t.store->insert_message(message_of(2)));
  CHECK(take(t.store->purge_finished(10'000, 10)) == 2);
  t.restart();
  CHECK(take(t.store->insert_message(message_of(3))) > last);
}

TEMPLATE_TEST_CASE("many old messages that still wait do not hide a finished one", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  Transaction transaction = take(Transaction::open(*t.db));
  for (std::uint64_t n = 1; n <= 1500; ++n) t.relay(message_of(n, 100), {1});
  t.relay(message_of(2000, 100), {});
  take(transaction.commit());
  std::int64_t removed = 0;
  for (int call = 0; call < 3; ++call) removed += take(t.store->purge_finished(1000, 1));
  CHECK(removed == 1);
}

/// One random operation; `live` are the deliveries that there are.
template <class Fixture>
void random_operation(ServerOn<Fixture>& t, std::mt19937& random,
                      std::vector<std::pair<MessageSeq, ClientId>>& live, std::uint64_t& next_id) {
  const auto below = [&](std::size_t limit) { return random() % limit; };
  if (below(10) < 4 || live.empty()) {
    StoredMessage message = message_of(next_id++, static_cast<std::int64_t>(below(1000)));
    const MessageSeq seq = take(t.store->insert_message(message));
    for (ClientId client = 1; client <= 3; ++client) {
      if (below(2) == 0) continue;
      take(t.store->insert_delivery(seq, client, 1, ""));
      live.emplace_back(seq, client);
    }
  } else if (below(20) == 0) {
    take(t.store->purge_finished(static_cast<std::int64_t>(below(1000)), 3));
    std::erase_if(live, [&](const auto& at) {
      return !take(t.store->delivery(at.first, at.second)).has_value();
    });
  } else {
    const auto [seq, client] = live[below(live.size())];
    t.move(seq, client, static_cast<DeliveryState>(below(10)));
  }
}

TEMPLATE_TEST_CASE("the ledger's counters equal a recount after any operations", "[server]",
                   STORE_FIXTURES) {
  // Transactions of random length; a third is rolled back, and sometimes the program restarts.
  const unsigned seed = GENERATE(1U, 2U, 3U, 4U, 5U);
  INFO("seed " << seed);
  std::mt19937 random(seed);
  ServerOn<TestType> t;
  std::vector<std::pair<MessageSeq, ClientId>> live;
  std::uint64_t next_id = 1;
  for (int round = 0; round < 30; ++round) {
    auto kept = live;
    {
      Transaction transaction = take(Transaction::open(*t.db));
      for (std::size_t n = random() % 12; n > 0; --n) random_operation(t, random, live, next_id);
      take(t.store->flush());
      if (random() % 3 == 0) {
        live = kept;
        t.store->forget();
      } else {
        take(transaction.commit());
      }
    }
    if (random() % 10 == 0) t.restart();
    const Ledger counted = take(t.store->ledger_counters());
    CHECK(text_of(counted) == text_of(take(t.store->ledger_recount())));
    CHECK(counted.accepted ==
          counted.queued + counted.done + counted.expired + counted.dead + counted.purged);
  }
}

}  // namespace yizhan::store
