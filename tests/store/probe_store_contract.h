#pragma once
// What the probe store must do on every database. Included by server_store_contract.h.

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "store/probe_store.h"
#include "tests/store/checks.h"
#include "tests/store/server_fixtures.h"

namespace yizhan::store {

inline Probe probe_on(MessageSeq message, std::int64_t due_us, std::string preset = "offer") {
  Probe probe;
  probe.message = message;
  probe.preset = std::move(preset);
  probe.started_us = 100;
  probe.ends_us = 9000;
  probe.due_us = due_us;
  probe.escalations = -1;
  probe.zone = "Asia/Shanghai";
  return probe;
}

inline std::vector<ProbeId> ids_of(const std::vector<Probe>& probes) {
  std::vector<ProbeId> ids;
  for (const Probe& probe : probes) ids.push_back(probe.id);
  return ids;
}

TEMPLATE_TEST_CASE("a preset watches a message once", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  ProbeStore probes(*t.db);
  Probe probe = probe_on(1, 500);
  probe.id = take(probes.insert_probe(probe)).value();
  CHECK_FALSE(take(probes.insert_probe(probe)).has_value());
  probe.client = 4;
  CHECK(take(probes.insert_probe(probe)).has_value());
  probe.client = 0;
  t.restart();
  ProbeStore again(*t.db);
  CHECK(take(again.probe(probe.id)).value() == probe);
  CHECK_FALSE(take(again.probe(probe.id + 100)).has_value());
  CHECK(take(again.probes(1)).size() == 2);
  CHECK(take(again.probes(2)).empty());
}

TEMPLATE_TEST_CASE("due probes come in the order of their times, and only waiting ones", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  ProbeStore probes(*t.db);
  CHECK(take(probes.next_due()) == 0);
  const ProbeId late = take(probes.insert_probe(probe_on(1, 700))).value();
  const ProbeId early = take(probes.insert_probe(probe_on(2, 300))).value();
  take(probes.insert_probe(probe_on(3, 0)));  // has no timer
  Probe paused = probe_on(4, 200);
  paused.state = ProbeState::kPaused;
  take(probes.insert_probe(paused));
  CHECK(take(probes.next_due()) == 300);
  CHECK(take(probes.due_probes(299, 10)).empty());
  CHECK(ids_of(take(probes.due_probes(300, 10))) == std::vector{early});
  CHECK(ids_of(take(probes.due_probes(9999, 10))) == std::vector{early, late});
  CHECK(ids_of(take(probes.due_probes(9999, 1))) == std::vector{early});
}

TEMPLATE_TEST_CASE("of an activation and a timer the first to write wins", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  ProbeStore probes(*t.db);
  const ProbeId id = take(probes.insert_probe(probe_on(1, 500))).value();
  const Probe read = take(probes.probe(id)).value();
  Probe activated = read;
  activated.state = ProbeState::kActivated;
  activated.due_us = 0;
  activated.ended_us = 499;
  Probe ticked = read;
  ticked.due_us = 800;
  ticked.last_due_us = 500;
  ticked.intervals = 1;
  CHECK(take(probes.update_probe(activated, read)));
  CHECK_FALSE(take(probes.update_probe(ticked, read)));
  CHECK(take(probes.probe(id)).value() == activated);
  CHECK(take(probes.next_due()) == 0);
}

TEMPLATE_TEST_CASE("probes are listed newest first, page by page, by state", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  ProbeStore probes(*t.db);
  std::vector<ProbeId> ids;
  for (int i = 1; i <= 5; ++i) ids.push_back(take(probes.insert_probe(probe_on(i, 10))).value());
  Probe expired = take(probes.probe(ids[3])).value();
  const Probe before = expired;
  expired.state = ProbeState::kExpired;
  expired.reason = "nobody accepted · 没有人接受";
  CHECK(take(probes.update_probe(expired, before)));
  CHECK(ids_of(take(probes.recent_probes({}, 0, 2))) == std::vector{ids[4], ids[3]});
  CHECK(ids_of(take(probes.recent_probes({}, ids[3], 2))) == std::vector{ids[2], ids[1]});
  CHECK(ids_of(take(probes.recent_probes(ProbeState::kExpired, 0, 9))) == std::vector{ids[3]});
  CHECK(take(probes.probe(ids[3])).value() == expired);
}

TEMPLATE_TEST_CASE("an activation is stored once for each client and state", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  ProbeStore probes(*t.db);
  Activation one;
  one.message = 3;
  one.client = 7;
  one.state = "accepted";
  one.via = "agent";
  one.code = "K7QF-2M9X-0ABC-4TVW";
  one.user = "li.wei";
  one.machine = "译员-pc";
  one.address = "192.0.2.9";
  one.fingerprint = "ab:cd";
  one.at_us = 5;
  one.arrived_us = 6;
  one.expected = true;
  one.late = true;
  one.id = take(probes.insert_activation(one)).value();
  CHECK_FALSE(take(probes.insert_activation(one)).has_value());
  Activation link = one;
  link.via = "link";
  link.probe = 12;
  link.client = 0;
  CHECK(take(probes.insert_activation(link)).has_value());
  std::vector<Activation> all = take(probes.activations(3));
  REQUIRE(all.size() == 2);
  CHECK(all[0] == one);
  CHECK(all[1].probe == 12);
}

TEMPLATE_TEST_CASE("what must be read is counted for its reader and project", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  ProbeStore probes(*t.db);
  const std::string longest(300, 'p');
  take(probes.insert_must_read(1, 7, "P-1"));
  take(probes.insert_must_read(1, 7, "P-1"));
  take(probes.insert_must_read(2, 7, "P-1"));
  take(probes.insert_must_read(2, 8, "P-1"));
  take(probes.insert_must_read(3, 7, longest));
  CHECK(take(probes.count_must_read(7, "P-1")) == 2);
  CHECK(take(probes.count_must_read(7, longest)) == 1);
  CHECK(take(probes.count_must_read(9, "P-1")) == 0);
  take(probes.remove_must_read(2, 7));
  CHECK(take(probes.count_must_read(7, "P-1")) == 1);
  CHECK(take(probes.count_must_read(8, "P-1")) == 1);
}

TEMPLATE_TEST_CASE("states and flags of a message are kept", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  ProbeStore probes(*t.db);
  take(probes.insert_state({3, 2, "accepted", "opened", 20, "user:li.wei"}));
  take(probes.insert_state({3, 1, "opened", "", 10, ""}));
  const auto states = take(probes.states(3));
  REQUIRE(states.size() == 2);
  CHECK(states[0].version == 1);
  CHECK(states[1] == StateChange{3, 2, "accepted", "opened", 20, "user:li.wei"});
  CHECK(take(probes.set_flag(3, "overdue", true)));
  CHECK_FALSE(take(probes.set_flag(3, "overdue", true)));
  take(probes.set_flag(3, "blocked", true));
  CHECK(take(probes.flags(3)) == std::vector<std::string>{"blocked", "overdue"});
  CHECK(take(probes.set_flag(3, "overdue", false)));
  CHECK_FALSE(take(probes.set_flag(3, "absent", false)));
  CHECK(take(probes.flags(3)) == std::vector<std::string>{"blocked"});
}

TEMPLATE_TEST_CASE("deferred rows come when their hours open, once", "[server]", STORE_FIXTURES) {
  ServerOn<TestType> t;
  ProbeStore probes(*t.db);
  CHECK(take(probes.next_deferred()) == 0);
  const DeferredRow late{3, 1, "route", 900};
  const DeferredRow early{4, 2, "activation/told", 500};
  take(probes.insert_deferred(late));
  take(probes.insert_deferred(early));
  CHECK(take(probes.next_deferred()) == 500);
  CHECK(take(probes.due_deferred(499, 9)).empty());
  CHECK(take(probes.due_deferred(900, 9)) == std::vector{early, late});
  CHECK(take(probes.due_deferred(900, 1)) == std::vector{early});
  take(probes.remove_deferred(early));
  CHECK(take(probes.due_deferred(900, 9)) == std::vector{late});
}

TEMPLATE_TEST_CASE("effects wait for their time and keep their attempts", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  ProbeStore probes(*t.db);
  CHECK(take(probes.next_effect_due()) == 0);
  Effect effect;
  effect.message = 3;
  effect.rule = "tell-ci";
  effect.verb = "webhook";
  effect.spec = R"({"url":"http://192.0.2.1/"})";
  effect.created_us = effect.due_us = 40;
  effect.id = take(probes.insert_effect(effect));
  CHECK(take(probes.next_effect_due()) == 40);
  CHECK(take(probes.due_effects(39, 9)).empty());
  CHECK(take(probes.due_effects(40, 9)) == std::vector{effect});
  effect.attempts = 1;
  effect.due_us = 90;
  effect.result = "connection refused";
  take(probes.update_effect(effect));
  CHECK(take(probes.effect(effect.id)).value() == effect);
  effect.state = EffectState::kDone;
  effect.ended_us = 91;
  take(probes.update_effect(effect));
  CHECK(take(probes.next_effect_due()) == 0);
  CHECK(take(probes.effects(3)) == std::vector{effect});
}

TEMPLATE_TEST_CASE("retention removes what belongs to a message with it", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  const MessageSeq seq = t.relay(message_of(1), {1});
  t.move(seq, 1, DeliveryState::kDelivered);
  ProbeStore probes(*t.db);
  take(probes.insert_probe(probe_on(seq, 0)));
  Activation one;
  one.message = seq;
  one.state = "opened";
  take(probes.insert_activation(one));
  take(probes.insert_state({seq, 1, "opened", "", 10, ""}));
  take(probes.set_flag(seq, "overdue", true));
  take(probes.insert_must_read(seq, 1, "P-1"));
  take(probes.insert_deferred({seq, 1, "route", 10}));
  Effect effect;
  effect.message = seq;
  take(probes.insert_effect(effect));
  CHECK(take(t.store->purge_finished(1'000'000, 10)) == 1);
  CHECK(take(probes.probes(seq)).empty());
  CHECK(take(probes.activations(seq)).empty());
  CHECK(take(probes.states(seq)).empty());
  CHECK(take(probes.flags(seq)).empty());
  CHECK(take(probes.count_must_read(1, "P-1")) == 0);
  CHECK(take(probes.next_deferred()) == 0);
  CHECK(take(probes.effects(seq)).empty());
}

}  // namespace yizhan::store
