#include "store/client_store.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "config/ids.h"
#include "store/db.h"
#include "store/row_hash.h"
#include "tests/store/checks.h"
#include "tests/store/server_fixtures.h"
#include "tests/store/sqlite_fixture.h"

namespace yizhan::store {
namespace {

struct ClientOnFile : SqliteFile {
  ClientOnFile() : db(take(open())), store(take(ClientStore::open(*db))) {}
  void restart() {
    store.reset();
    db.reset();
    db = take(open());
    store = take(ClientStore::open(*db));
  }
  void move(const MessageId& id, OutgoingState state, std::int64_t at_us = 2000) {
    Outgoing outgoing = take(store->outgoing(id)).value();
    outgoing.state = state;
    outgoing.state_us = at_us;
    take(store->update_outgoing(outgoing));
  }

  std::unique_ptr<Db> db;
  std::optional<ClientStore> store;
};

Outgoing outgoing_of(std::uint64_t number) {
  Outgoing outgoing;
  outgoing.id = id_of(number);
  outgoing.kind = 1;
  outgoing.ack = 2;
  outgoing.recipient = "user:李伟, role:pm";
  outgoing.accepted_us = 1000;
  outgoing.state_us = 1000;
  outgoing.content_hash = bytes_of<ContentHash>(static_cast<unsigned char>(number));
  outgoing.origin = "watch:inbox/任务.ini";
  outgoing.message = all_bytes(600);
  return outgoing;
}

Incoming incoming_of(std::uint64_t number) {
  Incoming incoming;
  incoming.id = id_of(number);
  incoming.broker_seq = 0xffffffffffffffff - number;
  incoming.kind = 2;
  incoming.sender = "user:anna";
  incoming.in_reply_to = "";
  incoming.received_us = 1000;
  incoming.state_us = 1000;
  incoming.message = all_bytes(500);
  return incoming;
}

std::string text_of(const ClientLedger& ledger) {
  return "accepted " + std::to_string(ledger.accepted) + " queued " +
         std::to_string(ledger.queued) + " done " + std::to_string(ledger.done) + " expired " +
         std::to_string(ledger.expired) + " dead " + std::to_string(ledger.dead) + " purged " +
         std::to_string(ledger.purged) + " received " + std::to_string(ledger.received);
}

TEST_CASE("an outgoing message comes back with all it was stored with") {
  ClientOnFile t;
  Outgoing outgoing = outgoing_of(1);
  outgoing.claimed = "/claimed/1.ini";
  outgoing.expires_us = 99;
  outgoing.seq = take(t.store->insert_outgoing(outgoing));
  outgoing.state = OutgoingState::kStored;
  outgoing.state_us = 50;
  outgoing.stored_us = 49;
  outgoing.recipients = 3;
  outgoing.reason = "¿por qué?";
  outgoing.claimed = "";
  take(t.store->update_outgoing(outgoing));
  t.restart();
  const Outgoing read = take(t.store->outgoing(outgoing.id)).value();
  CHECK(read.seq == outgoing.seq);
  CHECK(read.kind == 1);
  CHECK(read.ack == 2);
  CHECK(read.state == OutgoingState::kStored);
  CHECK(read.recipient == outgoing.recipient);
  CHECK(read.accepted_us == 1000);
  CHECK(read.stored_us == 49);
  CHECK(read.state_us == 50);
  CHECK(read.expires_us == 99);
  CHECK(read.recipients == 3);
  CHECK(read.reason == outgoing.reason);
  CHECK(read.content_hash == outgoing.content_hash);
  CHECK(read.origin == outgoing.origin);
  CHECK(read.claimed.empty());
  CHECK((read.message == outgoing.message));
  CHECK_FALSE(take(t.store->outgoing(id_of(2))).has_value());
  CHECK(outcome(t.store->update_outgoing(outgoing_of(2))) == "not-found");
}

TEST_CASE("an incoming message comes back with all it was stored with") {
  ClientOnFile t;
  Incoming incoming = incoming_of(1);
  incoming.seq = take(t.store->insert_incoming(incoming));
  CHECK(outcome(t.store->insert_incoming(incoming)) == "conflict");
  incoming.state = IncomingState::kFailed;
  incoming.in_reply_to = "0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01";
  incoming.opened_us = 7;
  incoming.state_us = 8;
  incoming.handler = "omegat";
  incoming.exit_status = 137;
  incoming.output = std::string("out\0put", 7);
  incoming.reason = "killed";
  incoming.file = "/inbox/任务.ini";
  take(t.store->update_incoming(incoming));
  t.restart();
  const Incoming read = take(t.store->incoming(incoming.id)).value();
  CHECK(read.seq == incoming.seq);
  CHECK(read.broker_seq == incoming.broker_seq);
  CHECK(read.kind == 2);
  CHECK(read.state == IncomingState::kFailed);
  CHECK(read.sender == "user:anna");
  CHECK(read.in_reply_to == incoming.in_reply_to);
  CHECK(read.received_us == 1000);
  CHECK(read.opened_us == 7);
  CHECK(read.state_us == 8);
  CHECK(read.handler == "omegat");
  CHECK(read.exit_status == 137);
  CHECK(read.output == incoming.output);
  CHECK(read.reason == "killed");
  CHECK(read.file == incoming.file);
  CHECK((read.message == incoming.message));
  CHECK(outcome(t.store->update_incoming(incoming_of(2))) == "not-found");
  CHECK_FALSE(take(t.store->incoming(id_of(2))).has_value());
}

TEST_CASE("the outbox holds what waits, in order, and forgets what was stored") {
  ClientOnFile t;
  std::vector<LocalSeq> seq;
  for (std::uint64_t n = 1; n <= 4; ++n) {
    seq.push_back(take(t.store->insert_outgoing(outgoing_of(n))));
  }
  CHECK(outcome(t.store->insert_outgoing(outgoing_of(1))) == "conflict");
  t.move(id_of(2), OutgoingState::kStored);
  CHECK(take(t.store->outbox_size()) == 3);
  const std::vector<Outgoing> first = take(t.store->outbox(0, 2));
  REQUIRE(first.size() == 2);
  CHECK(first[0].seq == seq[0]);
  CHECK(first[1].seq == seq[2]);
  const std::vector<Outgoing> rest = take(t.store->outbox(seq[2], 10));
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].id == id_of(4));
  const std::vector<Outgoing> recent = take(t.store->recent_outgoing(0, 2));
  REQUIRE(recent.size() == 2);
  CHECK(recent[0].seq == seq[3]);
  CHECK(take(t.store->recent_outgoing(seq[1], 10)).size() == 1);
  const auto existing = take(t.store->find_outgoing(id_of(2))).value();
  CHECK(existing.state == OutgoingState::kStored);
  CHECK(existing.origin == outgoing_of(2).origin);
  CHECK(existing.content_hash == outgoing_of(2).content_hash);
}

TEST_CASE("expired, dead and unmoved outgoing messages are found") {
  ClientOnFile t;
  Outgoing soon = outgoing_of(1);
  soon.expires_us = 300;
  Outgoing claimed = outgoing_of(2);
  claimed.claimed = "/claimed/2.ini";
  claimed.expires_us = 400;
  take(t.store->insert_outgoing(soon));
  take(t.store->insert_outgoing(claimed));
  take(t.store->insert_outgoing(outgoing_of(3)));
  CHECK(take(t.store->expired_outgoing(299, 10)).empty());
  CHECK(take(t.store->expired_outgoing(300, 10)).size() == 1);
  CHECK(take(t.store->expired_outgoing(900, 10)).size() == 2);
  t.move(soon.id, OutgoingState::kExpired);
  CHECK(take(t.store->expired_outgoing(900, 10)).size() == 1);
  REQUIRE(take(t.store->unmoved_outgoing(10)).size() == 1);
  CHECK(take(t.store->unmoved_outgoing(10))[0].claimed == "/claimed/2.ini");
  t.move(id_of(3), OutgoingState::kDead);
  REQUIRE(take(t.store->dead_outgoing(10)).size() == 1);
  CHECK(take(t.store->dead_outgoing(10))[0].id == id_of(3));
}

TEST_CASE("the last state of each recipient is kept") {
  ClientOnFile t;
  take(t.store->save_recipient_state({id_of(1), "user:李伟", "delivered", 5, ""}));
  take(t.store->save_recipient_state({id_of(1), "code:X", "failed", 6, "exit 3"}));
  take(t.store->save_recipient_state({id_of(1), "user:李伟", "done", 7, ""}));
  take(t.store->save_recipient_state({id_of(2), "user:李伟", "sent", 8, ""}));
  const std::vector<RecipientState> states = take(t.store->recipient_states(id_of(1)));
  REQUIRE(states.size() == 2);
  CHECK(states[0].recipient == "code:X");
  CHECK(states[0].reason == "exit 3");
  CHECK(states[1].state == "done");
  CHECK(states[1].state_us == 7);
}

TEST_CASE("incoming messages are listed by state and by age") {
  ClientOnFile t;
  for (std::uint64_t n = 1; n <= 3; ++n) take(t.store->insert_incoming(incoming_of(n)));
  Incoming second = take(t.store->incoming(id_of(2))).value();
  second.state = IncomingState::kStarted;
  take(t.store->update_incoming(second));
  CHECK(take(t.store->incoming_in_state(IncomingState::kFetching, 0, 10)).size() == 2);
  CHECK(take(t.store->incoming_in_state(IncomingState::kFetching, second.seq, 10)).size() == 1);
  REQUIRE(take(t.store->incoming_in_state(IncomingState::kStarted, 0, 10)).size() == 1);
  CHECK(take(t.store->recent_incoming(0, 2))[0].id == id_of(3));
  CHECK(take(t.store->recent_incoming(second.seq, 2)).size() == 1);
}

TEST_CASE("a file in an observed folder is new once") {
  ClientOnFile t;
  CHECK_FALSE(take(t.store->seen_before(bytes_of<Sha256>(1), 5)));
  CHECK(take(t.store->seen_before(bytes_of<Sha256>(1), 6)));
  CHECK_FALSE(take(t.store->seen_before(bytes_of<Sha256>(2), 7)));
  t.restart();
  CHECK(take(t.store->seen_before(bytes_of<Sha256>(2), 8)));
}

TEST_CASE("facts are kept by name") {
  ClientOnFile t;
  CHECK_FALSE(take(t.store->fact("cursor")).has_value());
  take(t.store->save_fact("cursor", "1"));
  take(t.store->save_fact("cursor", std::string("2\0\xff", 3)));
  take(t.store->save_fact("Cursor", ""));
  const std::uint64_t epoch = t.store->epoch();
  t.restart();
  CHECK(take(t.store->fact("cursor")) == std::string("2\0\xff", 3));
  CHECK(take(t.store->fact("Cursor")) == "");
  CHECK(t.store->epoch() == epoch);
}

TEST_CASE("retention keeps what waits, what is unmoved and what nobody opened, and all ids") {
  ClientOnFile t;
  for (std::uint64_t n = 1; n <= 3; ++n) take(t.store->insert_outgoing(outgoing_of(n)));
  Outgoing unmoved = outgoing_of(4);
  unmoved.claimed = "/claimed/4.ini";
  take(t.store->insert_outgoing(unmoved));
  t.move(id_of(2), OutgoingState::kDone, 100);
  t.move(id_of(3), OutgoingState::kDone, 9000);
  t.move(id_of(4), OutgoingState::kDead, 100);
  take(t.store->save_recipient_state({id_of(2), "user:x", "done", 1, ""}));
  Incoming unread = incoming_of(5);
  unread.state = IncomingState::kReady;
  Incoming read = incoming_of(6);
  read.state = IncomingState::kReady;
  read.opened_us = 1;
  Incoming done = incoming_of(7);
  done.state = IncomingState::kDone;
  for (const Incoming& incoming : {unread, read, done}) take(t.store->insert_incoming(incoming));

  CHECK(take(t.store->purge_finished(5000, 2)) == 2);
  CHECK(take(t.store->purge_finished(5000, 2)) == 1);
  CHECK(take(t.store->purge_finished(5000, 2)) == 0);
  take(t.store->flush());
  t.restart();
  CHECK_FALSE(take(t.store->outgoing(id_of(2))).has_value());
  CHECK(take(t.store->recipient_states(id_of(2))).empty());
  CHECK(take(t.store->outgoing(id_of(1))).has_value());
  CHECK(take(t.store->outgoing(id_of(3))).has_value());
  CHECK(take(t.store->outgoing(id_of(4))).has_value());
  CHECK(take(t.store->incoming(id_of(5))).has_value());
  CHECK_FALSE(take(t.store->incoming(id_of(6))).has_value());
  CHECK(take(t.store->find_outgoing(id_of(2)))->state == OutgoingState::kDone);
  CHECK(outcome(t.store->insert_outgoing(outgoing_of(2))) == "conflict");
  CHECK(outcome(t.store->insert_incoming(incoming_of(7))) == "conflict");
  CHECK(text_of(take(t.store->ledger_counters())) ==
        "accepted 4 queued 1 done 1 expired 0 dead 1 purged 1 received 3");
  CHECK(take(t.store->ledger_counters()) == take(t.store->ledger_recount()));
}

TEST_CASE("a changed byte in a client's row is found when it is read") {
  ClientOnFile t;
  take(t.store->insert_outgoing(outgoing_of(1)));
  take(t.store->insert_incoming(incoming_of(2)));
  take(t.db->execute("UPDATE outgoing SET message = X'00'"));
  take(t.db->execute("UPDATE incoming SET sender = 'user:eve'"));
  Outgoing outgoing = take(t.store->outgoing(id_of(1))).value();
  CHECK(outgoing.damaged);
  CHECK(outgoing.seq == 1);
  CHECK(outgoing.recipient.empty());
  CHECK(outgoing.message.empty());
  CHECK(take(t.store->outbox(0, 10)).size() == 1);
  const Incoming incoming = take(t.store->incoming(id_of(2))).value();
  CHECK(incoming.damaged);
  CHECK(incoming.sender.empty());
  CHECK(incoming.broker_seq == incoming_of(2).broker_seq);

  // It can be given up, also under an id that the index does not know.
  outgoing.id = id_of(9);
  outgoing.state = OutgoingState::kDead;
  outgoing.reason = kDamagedRow;
  take(t.store->update_outgoing(outgoing));
  CHECK(take(t.store->outbox(0, 10)).empty());
  CHECK(take(t.store->dead_outgoing(10)).at(0).reason == kDamagedRow);
  CHECK(take(t.store->ledger_counters()) == take(t.store->ledger_recount()));
}

TEST_CASE("the client's ledger equals a recount after any operations") {
  const unsigned seed = GENERATE(1U, 2U, 3U, 4U, 5U);
  INFO("seed " << seed);
  std::mt19937 random(seed);
  ClientOnFile t;
  std::uint64_t next = 1;
  for (int round = 0; round < 25; ++round) {
    {
      Transaction transaction = take(Transaction::open(*t.db));
      for (std::size_t n = random() % 10; n > 0; --n) {
        const unsigned what = static_cast<unsigned>(random() % 8);
        if (what < 3) take(t.store->insert_outgoing(outgoing_of(next++)));
        if (what == 3) take(t.store->insert_incoming(incoming_of(next++)));
        if (what == 4) take(t.store->purge_finished(random() % 1000, 2));
        if (what < 5) continue;
        const MessageId id = id_of(random() % next);
        if (!take(t.store->outgoing(id))) continue;
        t.move(id, static_cast<OutgoingState>(random() % 6), random() % 1000);
      }
      take(t.store->flush());
      if (random() % 3 == 0) {
        t.store->forget();
      } else {
        take(transaction.commit());
      }
    }
    if (random() % 10 == 0) t.restart();
    CHECK(text_of(take(t.store->ledger_counters())) == text_of(take(t.store->ledger_recount())));
  }
}

}  // namespace
}  // namespace yizhan::store
