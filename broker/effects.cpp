#include "broker/effects.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/clean_tail.h"
#include "rules/commands.h"

namespace yizhan::broker {

namespace {

using Json = nlohmann::json;

// An attempt whose end was never heard (the broker was killed) is made again after this.
constexpr Micros kLease = 2 * kEffectTimeout;
// Up to here a program's status is its own answer; above it is the shell's, or a signal's.
constexpr int kLastAnswer = 125;
constexpr int kSuccess = 200;
constexpr int kRedirect = 300;

std::string text_of(const Json& spec, const std::string& key) {
  if (!spec.is_object()) return "";
  const auto found = spec.find(key);
  return found != spec.end() && found->is_string() ? found->get<std::string>() : "";
}

Micros pause_after(int attempts) {
  Micros pause = kFirstEffectPause;
  for (int i = 1; i < attempts && pause < kLongestEffectPause; ++i) pause *= 2;
  return std::min(pause, kLongestEffectPause);
}

template <class Named>
const Named* named(const std::vector<Named>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

Status Effects::recover() {
  TRY_ASSIGN(const std::int64_t next, probes_.next_effect_due());
  timer_.set(next);
  return {};
}

Result<store::EffectId> Effects::order(const store::Effect& effect) {
  TRY_ASSIGN(const store::EffectId id, probes_.insert_effect(effect));
  timer_.note(effect.due_us);
  return id;
}

std::optional<Steady> Effects::next_wakeup(Now now) const {
  return running_.size() >= kEffectsAtOnce ? std::nullopt : timer_.next_wakeup(now);
}

Status Effects::on_time(Step& step) {
  if (!timer_.is_due(step.wall_us())) return {};
  const int room = kEffectsAtOnce - static_cast<int>(running_.size());
  if (room <= 0) return {};
  TRY_ASSIGN(const auto due, probes_.due_effects(step.wall_us(), room));
  for (store::Effect effect : due) {
    if (running_.contains(effect.id)) {
      // Slow, but its end will be heard: only an attempt of an earlier process is given up.
      effect.due_us = step.wall_us() + kLease.count();
      TRY(probes_.update_effect(effect));
      continue;
    }
    ++effect.attempts;
    const std::string refusal = effect.attempts > kMaxEffectAttempts
                                    ? "the end of its last attempt was never heard"
                                    : begin(step, effect);
    if (refusal.empty()) {
      effect.due_us = step.wall_us() + kLease.count();
      running_.insert(effect.id);
    } else {
      effect.result = refusal;
      TRY(end(step, store::EffectState::kDead, &effect));
      step.log(LogLine::kError, "effect " + std::to_string(effect.id) + " of rule " + effect.rule +
                                    " is dead: " + refusal);
    }
    TRY(probes_.update_effect(effect));
  }
  TRY_ASSIGN(const std::int64_t next, probes_.next_effect_due());
  timer_.set(next);
  return {};
}

std::string Effects::begin(Step& step, const store::Effect& effect) {
  const Json spec = Json::parse(effect.spec, nullptr, false);
  if (!spec.is_object()) return "its order cannot be read";
  if (effect.verb == "webhook") {
    SendWebhook hook;
    hook.effect = effect.id;
    hook.url = text_of(spec, "url");
    hook.timeout = kEffectTimeout;
    if (const std::string name = text_of(spec, "secret"); !name.empty()) {
      const SecretOptions* secret = named(options_.secrets, name);
      if (secret == nullptr) return "the configuration has no [secret " + name + "]";
      hook.secret = secret->value;
    }
    Json body = spec;
    for (const char* key : {"url", "secret", "template"}) body.erase(key);
    body["effect"] = effect.id;
    body["attempt"] = effect.attempts;
    body["rule"] = effect.rule;
    hook.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    step.begin(std::move(hook));
    return "";
  }
  const std::string name = text_of(spec, "program");
  const ProgramOptions* program = named(options_.programs, name);
  if (program == nullptr) return "the configuration has no [program " + name + "]";
  StartProgram start;
  start.effect = effect.id;
  start.command.argv = program->run;
  // The rule's arguments come after the configuration's own, each as one word, whatever is in it.
  for (int i = 1; i <= static_cast<int>(rules::kMaxArguments); ++i) {
    const auto argument = spec.find("arg." + std::to_string(i));
    if (argument == spec.end()) break;
    start.command.argv.push_back(argument->is_string() ? argument->get<std::string>() : "");
  }
  start.command.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
                               "YIZHAN_EFFECT=" + std::to_string(effect.id),
                               "YIZHAN_ATTEMPT=" + std::to_string(effect.attempts),
                               "YIZHAN_RULE=" + effect.rule};
  start.command.folder = options_.state_dir;
  start.command.timeout = kEffectTimeout;
  start.command.output_limit = kEffectResultBytes;
  step.begin(std::move(start));
  return "";
}

Result<std::optional<Effects::Verdict>> Effects::on_program(Step& step, const ProgramEnded& ended) {
  const Exit& exit = ended.exit;
  std::string result = "ended with status " + std::to_string(exit.status);
  if (!exit.error.empty()) result = "could not be started: " + exit.error;
  if (exit.timed_out) result = "ended after its timeout of " + format_duration(kEffectTimeout);
  std::string output = clean_tail(exit.output, kEffectResultBytes / 2);
  while (!output.empty() && output.back() == '\n') output.pop_back();
  if (!output.empty()) result += ": " + output;

  TRY_ASSIGN(auto effect, heard_of(ended.effect));
  if (!effect) return std::optional<Verdict>();
  const bool ran = exit.error.empty() && !exit.timed_out;
  const Json spec = Json::parse(effect->spec, nullptr, false);
  const bool answers =
      ran && exit.status > 0 && exit.status <= kLastAnswer && !text_of(spec, "failed").empty();
  const bool ok = ran && exit.status == 0;
  TRY(settle(step, &*effect, ok || answers, result));
  const std::string state = text_of(spec, ok ? "ok" : "failed");
  if (effect->state != store::EffectState::kDone || state.empty()) return std::optional<Verdict>();
  return std::optional<Verdict>(
      {effect->id, effect->message, spec.value("version", std::int64_t{0}), effect->rule, state});
}

Status Effects::on_webhook(Step& step, const WebhookEnded& ended) {
  std::string result = ended.status == 0 ? ended.error : "HTTP " + std::to_string(ended.status);
  const std::string body = clean_tail(ended.body, kEffectResultBytes / 2);
  if (!body.empty()) result += ": " + body;
  TRY_ASSIGN(auto effect, heard_of(ended.effect));
  if (!effect) return {};
  const bool done = ended.status >= kSuccess && ended.status < kRedirect;
  return settle(step, &*effect, done, result);
}

/// No further attempt follows. Of a program that is noted: a broker that ran it for somebody has to
/// be able to say so when the effect's own row is long gone. What it printed is not.
Status Effects::end(Step& step, store::EffectState state, store::Effect* effect) {
  effect->state = state;
  effect->ended_us = step.wall_us();
  if (effect->verb != "run") return {};
  return audit_.note(step.wall_us(), "rule " + effect->rule, "rule.run.end",
                     "effect " + std::to_string(effect->id),
                     {{"state", state == store::EffectState::kDone ? "done" : "dead"},
                      {"attempts", effect->attempts}});
}

/// The effect whose attempt has ended; empty if nobody waits for that any more.
Result<std::optional<store::Effect>> Effects::heard_of(store::EffectId id) {
  running_.erase(id);
  TRY_ASSIGN(auto effect, probes_.effect(id));
  if (effect && effect->state != store::EffectState::kWaiting) effect.reset();
  return effect;
}

Status Effects::settle(Step& step, store::Effect* effect, bool done, const std::string& result) {
  effect->result = result;
  if (done) {
    TRY(end(step, store::EffectState::kDone, effect));
  } else if (effect->attempts >= kMaxEffectAttempts) {
    TRY(end(step, store::EffectState::kDead, effect));
    step.log(LogLine::kError, "effect " + std::to_string(effect->id) + " of rule " + effect->rule +
                                  " is dead after " + std::to_string(effect->attempts) +
                                  " attempts: " + result);
  } else {
    effect->due_us = step.wall_us() + pause_after(effect->attempts).count();
  }
  TRY(probes_.update_effect(*effect));
  TRY_ASSIGN(const std::int64_t next, probes_.next_effect_due());
  timer_.set(next);
  return {};
}

}  // namespace yizhan::broker
