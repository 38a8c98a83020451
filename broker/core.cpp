#include "broker/core.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "broker/audit.h"
#include "broker/collaboration.h"
#include "broker/delivery.h"
#include "broker/directory.h"
#include "broker/enrolment.h"
#include "broker/history.h"
#include "broker/ingest.h"
#include "broker/instructions.h"
#include "broker/links.h"
#include "broker/mailboxes.h"
#include "broker/retention.h"
#include "broker/sessions.h"
#include "broker/step.h"
#include "broker/terms.h"
#include "broker/transfers.h"
#include "broker/upkeep.h"
#include "broker/verbs.h"
#include "rules/files.h"
#include "store/probe_store.h"
#include "store/server_store.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

namespace {

/// Whether handling `frame` may change the store. An idle broker answers pings and writes nothing.
bool writes(const wire::FromAgent& frame) {
  switch (frame.body_case()) {
    case wire::FromAgent::kHello:
    case wire::FromAgent::kPush:
    case wire::FromAgent::kDeliverResult:
    case wire::FromAgent::kSyncHello:
    case wire::FromAgent::kSyncPush:
      return true;
    case wire::FromAgent::kRequest:
      return Verbs::writes(frame.request().verb());
    default:
      return false;
  }
}

class CoreImpl : public Core {
 public:
  CoreImpl(const BrokerOptions& options, const PublicKey& admin, const LinkKey& links,
           store::Db& db, store::ServerStore store, store::Blobs blobs)
      : options_(options),
        admin_(admin),
        db_(db),
        store_(std::move(store)),
        probes_(db),
        records_(db),
        sync_store_(db),
        blobs_(std::move(blobs)),
        audit_(db),
        directory_(store_, sessions_),
        history_(records_, sync_store_, sessions_, directory_, links),
        upkeep_(records_, sync_store_, history_, options_.keep_deleted),
        mailboxes_(options_, store_, directory_),
        delivery_(store_, sessions_, directory_, mailboxes_),
        effects_(probes_, options_, audit_),
        instructions_(db_, store_, probes_, directory_, delivery_, sessions_, effects_,
                      options_.language,
                      [this](store::ProbeId probe, store::ClientId client) {
                        return links_.link(probe, client);
                      }),
        links_(store_, probes_, directory_, instructions_, links, options_.public_url),
        collaboration_(store_, directory_, delivery_, instructions_, history_, options_.language),
        terms_(store_, directory_, delivery_, history_),
        ingest_(options_, store_, probes_, blobs_, directory_, mailboxes_, delivery_, instructions_,
                collaboration_, audit_),
        enrolment_(options_, store_, directory_, sessions_, audit_),
        transfers_(blobs_),
        retention_(options_, store_, blobs_, audit_, collaboration_),
        verbs_(store_, probes_, sessions_, directory_, mailboxes_, instructions_, history_,
               audit_) {}

  Status recover(const std::vector<rules::RuleFile>& initial_rules, Now now);

  Result<std::vector<Output>> step(const std::vector<Input>& inputs, Now now) override;
  Steady next_wakeup() const override;
  void note_step_cost(Micros cost) override { step_cost_ = cost; }

 private:
  Status handle(Step& step, const FrameIn& from, wire::FromAgent& frame);
  Status handle_session(Step& step, Session& session, wire::FromAgent& frame);
  Status on_request(Step& step, const FrameIn& from, const wire::Request& request);
  Status note_delivered(Step& step, const Session& session);
  void on_silence(Step& step);
  Steady next_timer(Now now) const;

  const BrokerOptions& options_;
  const PublicKey admin_;
  store::Db& db_;
  store::ServerStore store_;
  store::ProbeStore probes_;
  store::HistoryStore records_;
  store::SyncServerStore sync_store_;
  store::Blobs blobs_;
  Audit audit_;
  Sessions sessions_;
  Directory directory_;
  History history_;
  Upkeep upkeep_;
  Mailboxes mailboxes_;
  Delivery delivery_;
  Effects effects_;
  Instructions instructions_;
  Links links_;
  Collaboration collaboration_;
  Terms terms_;
  Ingest ingest_;
  Enrolment enrolment_;
  Transfers transfers_;
  Retention retention_;
  Verbs verbs_;

  Now last_{};
  Micros step_cost_{};
};

Status CoreImpl::recover(const std::vector<rules::RuleFile>& initial_rules, Now now) {
  last_ = now;
  directory_.watch_from(now);
  retention_.start(now);
  TRY(delivery_.recover());
  TRY(effects_.recover());
  TRY(instructions_.recover());
  TRY_ASSIGN(const auto stored, store_.current_rules());
  rules::ParseResult parsed =
      rules::parse_tables(stored ? rules::split_files(stored->text, "rules") : initial_rules);
  if (!parsed.tables) {
    std::string all;
    for (const std::string& error : parsed.errors) all += (all.empty() ? "" : "\n") + error;
    const std::string where =
        stored ? "in version " + std::to_string(stored->version) + " of the stored rules:\n" : "";
    return Error{Code::kInvalid, where + all};
  }
  instructions_.use(std::move(*parsed.tables));
  TRY_ASSIGN(store::Transaction transaction, store::Transaction::open(db_));
  TRY(history_.recover(now));
  TRY(upkeep_.recover(now));
  history_.listen(&collaboration_);
  instructions_.serve_terms(terms_);
  if (stored || initial_rules.empty()) return transaction.commit();
  store::ServerStore::RuleVersion version;
  version.applied_us = to_micros(now.wall);
  version.author = "first start";
  TRY_ASSIGN(version.text, rules::join_files(initial_rules));
  TRY_ASSIGN(version.version, store_.apply_rules(version));
  TRY(audit_.note(version.applied_us, version.author, "rules.apply",
                  std::to_string(version.version), {{"text", version.text}}));
  return transaction.commit();
}

Result<std::vector<Output>> CoreImpl::step(const std::vector<Input>& inputs, Now now) {
  last_ = now;
  Step step(now, verbs_.anyone_listens());
  std::vector<std::pair<const FrameIn*, wire::FromAgent>> frames;
  frames.reserve(inputs.size());
  bool write = next_timer(now) <= now.steady;
  for (const Input& input : inputs) {
    if (!std::holds_alternative<FrameIn>(input)) {
      write = true;
      continue;
    }
    const FrameIn& from = std::get<FrameIn>(input);
    Result<wire::FromAgent> frame = wire::decode_from_agent(from.bytes);
    if (!frame.ok()) {
      step.log(LogLine::kWarning,
               "frame from " + from.address + " dropped: " + frame.error().message);
      continue;
    }
    write = write || writes(*frame);
    frames.emplace_back(&from, std::move(*frame));
  }

  TRY(retention_.sweep_attachments(step));
  std::optional<store::Transaction> transaction;
  if (write) {
    TRY_ASSIGN(store::Transaction opened, store::Transaction::open(db_));
    transaction.emplace(std::move(opened));
  }
  on_silence(step);
  for (const Input& input : inputs) {
    if (const auto* program = std::get_if<ProgramEnded>(&input)) {
      TRY_ASSIGN(const auto verdict, effects_.on_program(step, *program));
      if (verdict) TRY(instructions_.on_program_state(step, *verdict));
    } else if (const auto* hook = std::get_if<WebhookEnded>(&input)) {
      TRY(effects_.on_webhook(step, *hook));
    } else if (const auto* request = std::get_if<HttpRequest>(&input)) {
      TRY(links_.on_request(step, *request));
    }
  }
  for (auto& [from, frame] : frames) TRY(handle(step, *from, frame));
  TRY(delivery_.on_time(step));
  TRY(instructions_.on_time(step));
  TRY(effects_.on_time(step));
  TRY(retention_.work(step));
  TRY(upkeep_.work(step));
  TRY(history_.announce(step));
  TRY(delivery_.pump(step));
  if (transaction) {
    TRY(directory_.note_ended(now));
    TRY(instructions_.flush());
    TRY(store_.flush());
    TRY(transaction->commit());
  }
  for (const Happening& happening : step.happenings()) verbs_.publish(step, happening);
  return step.take();
}

Status CoreImpl::handle(Step& step, const FrameIn& from, wire::FromAgent& frame) {
  if (frame.has_request()) return on_request(step, from, frame.request());
  if (frame.has_hello()) return enrolment_.on_hello(step, from, frame.hello());
  Session* session = sessions_.by_peer(from.peer);
  if (session == nullptr || session->key != from.key) {
    wire::FromBroker answer;
    answer.mutable_no_session();
    step.send(from.peer, answer);
    return {};
  }
  sessions_.heard(*session, step.steady());
  return handle_session(step, *session, frame);
}

Status CoreImpl::handle_session(Step& step, Session& session, wire::FromAgent& frame) {
  retention_.spare(frame);
  switch (frame.body_case()) {
    case wire::FromAgent::kPing: {
      session.outbox = frame.ping().outbox();
      wire::FromBroker answer;
      wire::Pong* pong = answer.mutable_pong();
      pong->set_number(frame.ping().number());
      pong->set_step_us(
          static_cast<std::uint32_t>(std::min<std::int64_t>(step_cost_.count(), UINT32_MAX)));
      pong->set_history_hello(session.history_hello);
      pong->set_history_told(session.history_told);
      const Micros next = Sessions::until_heartbeat(session, step.steady());
      pong->set_next_ping_us(static_cast<std::uint32_t>(next.count()));
      step.send(session.peer, answer);
      return {};
    }
    case wire::FromAgent::kPush:
      return ingest_.on_push(step, session, *frame.mutable_push());
    case wire::FromAgent::kDeliverResult:
      TRY(delivery_.on_result(step, session, frame.deliver_result()));
      return note_delivered(step, session);
    case wire::FromAgent::kBlobOffer:
      return transfers_.on_offer(step, session, frame.blob_offer());
    case wire::FromAgent::kBlobChunk:
      return transfers_.on_chunk(step, session, frame.blob_chunk());
    case wire::FromAgent::kBlobGet:
      return transfers_.on_get(step, session, frame.blob_get());
    case wire::FromAgent::kSyncHello:
      return history_.on_hello(step, session, frame.sync_hello());
    case wire::FromAgent::kSyncPush:
      return history_.on_push(step, session, *frame.mutable_sync_push());
    case wire::FromAgent::kSyncPull:
      return history_.on_pull(step, session, frame.sync_pull());
    case wire::FromAgent::kBye: {
      const PeerId peer = session.peer;
      verbs_.forget_peer(peer);
      sessions_.close(peer);
      return {};
    }
    default:
      return {};
  }
}

Status CoreImpl::on_request(Step& step, const FrameIn& from, const wire::Request& request) {
  Asker asker{from.peer, from.key == admin_, 0};
  if (!asker.admin) {
    const Session* session = sessions_.by_peer(from.peer);
    if (session == nullptr || session->key != from.key) {
      wire::FromBroker answer;
      answer.mutable_no_session();
      step.send(from.peer, answer);
      return {};
    }
    asker.client = session->client;
  }
  return verbs_.on_request(step, asker, request);
}

/// What has reached its recipient's disk is an activation too, if any preset waits for it.
Status CoreImpl::note_delivered(Step& step, const Session& session) {
  const auto delivered = delivery_.take_delivered();
  if (!instructions_.minds("delivered")) return {};
  TRY_ASSIGN(const store::Client* client, directory_.client(session.client));
  for (const Delivery::Delivered& one : delivered) {
    if (wire::is_report(one.kind)) continue;
    TRY(instructions_.on_delivered(step, one.message, *client, session.address));
  }
  return {};
}

void CoreImpl::on_silence(Step& step) {
  for (const PeerId& peer : sessions_.silent(step.steady())) {
    verbs_.forget_peer(peer);
    sessions_.close(peer);
  }
}

/// When time alone brings the next step that writes.
Steady CoreImpl::next_timer(Now now) const {
  Steady next = std::min(retention_.next_write(), upkeep_.next_wakeup());
  for (const std::optional<Steady> due :
       {delivery_.next_wakeup(now), instructions_.next_wakeup(now), effects_.next_wakeup(now)}) {
    if (due) next = std::min(next, *due);
  }
  return next;
}

Steady CoreImpl::next_wakeup() const {
  const Steady next = std::min(retention_.next_wakeup(), next_timer(last_));
  return std::min(next, sessions_.next_deadline().value_or(next));
}

}  // namespace

Result<std::unique_ptr<Core>> Core::open(const BrokerOptions& options, const PublicKey& admin,
                                         const LinkKey& links, store::Db& db, store::Disk& disk,
                                         const std::vector<rules::RuleFile>& initial_rules,
                                         Now now) {
  TRY_ASSIGN(store::ServerStore store, store::ServerStore::open(db));
  TRY_ASSIGN(store::Blobs blobs, store::Blobs::open(disk, options.state_dir + "/blobs"));
  auto core =
      std::make_unique<CoreImpl>(options, admin, links, db, std::move(store), std::move(blobs));
  TRY(core->recover(initial_rules, now));
  return std::unique_ptr<Core>(std::move(core));
}

}  // namespace yizhan::broker
