#pragma once
// What the server store must do on every database: opening, clients and rules here, the rest in the
// two headers it includes. Included by one test file per driver, which first defines
// STORE_FIXTURES.

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "config/ids.h"
#include "store/db.h"
#include "store/server_schema.h"
#include "store/server_store.h"
#include "tests/store/audit_contract.h"
#include "tests/store/checks.h"
#include "tests/store/history_contract.h"
#include "tests/store/non_match_contract.h"
#include "tests/store/probe_store_contract.h"
#include "tests/store/server_delivery_contract.h"
#include "tests/store/server_fixtures.h"
#include "tests/store/server_message_contract.h"

namespace yizhan::store {

TEMPLATE_TEST_CASE("a database keeps its epoch, and another has another", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> one;
  ServerOn<TestType> other;
  const std::uint64_t epoch = one.store->epoch();
  CHECK(epoch != 0);
  CHECK(epoch != other.store->epoch());
  one.restart();
  CHECK(one.store->epoch() == epoch);
}

TEMPLATE_TEST_CASE("a database of a newer program, or of an agent, is refused", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  take(t.db->execute("UPDATE schema_version SET version = 99"));
  const auto newer = ServerStore::open(*t.db);
  CHECK(outcome(newer) == "corrupt");
  CHECK_THAT(newer.error().message,
             Catch::Contains("99") &&
                 Catch::Contains("up to " + std::to_string(server_schema(t.db->dialect()).size())));
  take(t.db->execute("UPDATE schema_version SET version = 1, kind = 'client'"));
  CHECK(outcome(ServerStore::open(*t.db)) == "corrupt");
}

TEMPLATE_TEST_CASE("a schema step that was cut off is taken again", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  t.relay(message_of(1), {1});
  take(t.store->flush());
  take(t.db->execute("DELETE FROM schema_version"));
  take(t.db->execute("DROP TABLE rule_version"));
  t.restart();
  take(t.store->apply_rules({}));
  CHECK(text_of(take(t.store->ledger_counters())) == text_of(take(t.store->ledger_recount())));
}

TEMPLATE_TEST_CASE("a client comes back with all it was saved with", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  Client client = client_of(1);
  client.id = take(t.store->save_client(client));
  CHECK(client.id > 0);
  client.name = "👩🏽‍🔬 O'Brien";
  client.groups = {"PRJ-1", "PRJ-2"};
  client.roles = {"pm"};
  client.mac = {"aa:aa:aa:aa:aa:aa", "bb:bb:bb:bb:bb:bb"};
  client.agent_zone = "Asia/Tokyo";
  client.state = ClientState::kRevoked;
  CHECK(take(t.store->save_client(client)) == client.id);
  t.restart();
  const Client read = take(t.store->client_by_key(client.key)).value();
  CHECK(read.id == client.id);
  CHECK(read.key == client.key);
  CHECK(read.code == client.code);
  CHECK(read.state == ClientState::kRevoked);
  CHECK(read.name == client.name);
  CHECK(read.user == client.user);
  CHECK(read.host == client.host);
  CHECK(read.ip == client.ip);
  CHECK(read.mac == client.mac);
  CHECK(read.zone.empty());
  CHECK(read.hours_zone() == "Asia/Tokyo");
  CHECK(read.roles == client.roles);
  CHECK(read.groups == client.groups);
  CHECK(read.created_us == 5);
  CHECK(read.last_seen_us == 6);
  CHECK(read.epoch == client.epoch);
  CHECK(take(t.store->client_by_id(client.id))->groups == client.groups);
  CHECK_FALSE(take(t.store->client_by_id(client.id + 1)).has_value());
}

TEMPLATE_TEST_CASE("a key is one client; an unknown client cannot be changed", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  const ClientId id = take(t.store->save_client(client_of(1)));
  CHECK(outcome(t.store->save_client(client_of(1))) == "conflict");
  Client unknown = client_of(2);
  unknown.id = id + 100;
  CHECK(outcome(t.store->save_client(unknown)) == "not-found");
  take(t.store->touch_client(id, 77));
  take(t.store->touch_client(id, 77));
  CHECK(take(t.store->client_by_id(id))->last_seen_us == 77);
  CHECK(outcome(t.store->touch_client(id + 100, 77)) == "not-found");
  Client long_name = client_of(3);
  long_name.user = std::string(256, 'u');
  CHECK(outcome(t.store->save_client(long_name)) == "limit");
}

TEMPLATE_TEST_CASE("accepted clients are found by each attribute, exactly and in order", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  Client anna = client_of(1);
  anna.user = "Resume";
  anna.groups = {"PRJ-1"};
  anna.id = take(t.store->save_client(anna));
  Client bert = client_of(2);
  bert.user = "résumé";
  bert.roles = {"pm", "translator"};
  bert.mac = {"bb:bb:bb:bb:bb:bb", "bb:bb:bb:bb:bb:bb"};
  bert.id = take(t.store->save_client(bert));
  Client pending = client_of(3);
  pending.user = "Resume";
  pending.state = ClientState::kPending;
  take(t.store->save_client(pending));

  using Ids = std::vector<ClientId>;
  CHECK(take(t.store->find_clients("user", "Resume")) == Ids{anna.id});
  CHECK(take(t.store->find_clients("user", "résumé")) == Ids{bert.id});
  CHECK(take(t.store->find_clients("user", "resume")).empty());
  CHECK(take(t.store->find_clients("user", "Resume ")).empty());
  CHECK(take(t.store->find_clients("role", "translator")) == Ids{anna.id, bert.id});
  CHECK(take(t.store->find_clients("group", "PRJ-1")) == Ids{anna.id});
  CHECK(take(t.store->find_clients("mac", "bb:bb:bb:bb:bb:bb")) == Ids{bert.id});
  CHECK(take(t.store->find_clients("ip", "192.0.2.1")) == Ids{anna.id, bert.id});
  CHECK(take(t.store->find_clients("code", "CODE-2")) == Ids{bert.id});
  CHECK(outcome(t.store->find_clients("shoe size", "44")) == "invalid");
  CHECK(take(t.store->count_clients(ClientState::kAccepted)) == 2);
  CHECK(take(t.store->count_clients(ClientState::kPending)) == 1);
  const std::vector<Client> all = take(t.store->clients());
  REQUIRE(all.size() == 3);
  CHECK(all[1].roles == bert.roles);
  CHECK(all[1].mac == std::vector<std::string>{"bb:bb:bb:bb:bb:bb"});
  CHECK(all[0].groups == anna.groups);
}

TEMPLATE_TEST_CASE("a rule fires once on a version of a message", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  const MessageSeq seq = take(t.store->insert_message(message_of(1)));
  Firing firing{seq, 1, "路由", 10, ""};
  CHECK(take(t.store->insert_firing(firing)));
  CHECK_FALSE(take(t.store->insert_firing(firing)));
  firing.effect = "send role:pm → 1 client";
  take(t.store->set_firing_effect(firing));
  take(t.store->set_firing_effect(firing));
  CHECK(take(t.store->insert_firing({seq, 2, "路由", 11, "x"})));
  CHECK(take(t.store->insert_firing({seq, 1, "a", 10, ""})));
  const std::vector<Firing> firings = take(t.store->firings(seq));
  REQUIRE(firings.size() == 3);
  CHECK(firings[0].rule == "a");
  CHECK(firings[1].effect == firing.effect);
  CHECK(firings[2].version == 2);
  CHECK(outcome(t.store->set_firing_effect({seq, 9, "a", 0, ""})) == "not-found");
}

TEMPLATE_TEST_CASE("the instruction tables are versioned", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  CHECK_FALSE(take(t.store->current_rules()).has_value());
  const std::int64_t first = take(t.store->apply_rules({0, 5, "anna", "[preset a]"}));
  const std::int64_t second = take(t.store->apply_rules({0, 6, "李伟", std::string(300'000, 'r')}));
  CHECK(second > first);
  t.restart();
  const auto rules = take(t.store->current_rules()).value();
  CHECK(rules.version == second);
  CHECK(rules.applied_us == 6);
  CHECK(rules.author == "李伟");
  CHECK(rules.text.size() == 300'000);
}

}  // namespace yizhan::store
