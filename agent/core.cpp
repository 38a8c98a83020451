// The step: inputs in order, then whatever is due, then one commit, then words; files afterwards.

#include "agent/core.h"

#include <algorithm>
#include <utility>

#include "agent/context.h"
#include "agent/control.h"
#include "agent/deliveries.h"
#include "agent/handlers.h"
#include "agent/imports.h"
#include "agent/inbox.h"
#include "agent/intake.h"
#include "agent/link.h"
#include "agent/outbox.h"
#include "agent/projects.h"
#include "agent/records.h"
#include "agent/retention.h"
#include "agent/search.h"
#include "agent/sync.h"
#include "store/blobs.h"
#include "wire/codec.h"

namespace yizhan::agent {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

class Machinery final : public Core {
 public:
  Machinery(const AgentOptions& options, const Machine& machine, store::Db& db, store::Disk& disk,
            store::ClientStore store, store::Blobs blobs, std::uint64_t seed)
      : context_(options, machine, db, disk, store, std::move(blobs), seed) {}

  Status recover(Now now);
  Result<std::vector<Output>> step(const std::vector<Input>& inputs, Now now) override;
  void tidy() override {
    context_.do_file_work();
    projects_.tidy();
  }
  Steady next_wakeup() const override;
  bool has_more() const override;

 private:
  Status apply(const Input& input);
  Status on_frame(const std::string& bytes);
  Status work();

  Context context_;
  Link link_{context_};
  Handlers handlers_{context_};
  Inbox inbox_{context_, handlers_};
  Outbox outbox_{context_};
  Intake intake_{context_, inbox_};
  Retention retention_{context_};
  Records records_{context_};
  Projects projects_{context_, records_};
  Sync sync_{context_, records_};
  Imports imports_{context_, records_};
  Search search_{context_, records_};
  HistoryVerbs history_verbs_{context_, records_, sync_, imports_, search_};
  Deliveries deliveries_{context_, projects_};
  Control control_{context_, link_, intake_, outbox_, handlers_, history_verbs_, deliveries_};
};

Status Machinery::recover(Now now) {
  context_.now = now;
  link_.start();
  TRY(handlers_.recover());
  TRY(inbox_.recover());
  TRY(intake_.recover());
  retention_.start();
  TRY(sync_.recover());
  TRY(imports_.recover());
  TRY(search_.recover());
  TRY(projects_.recover());
  TRY(context_.commit());
  tidy();
  return {};
}

Status Machinery::apply(const Input& input) {
  return std::visit(
      Overloaded{[this](const LinkUp&) -> Status {
                   link_.on_up();
                   return {};
                 },
                 [this](const LinkDown& down) -> Status {
                   link_.on_down(down);
                   return {};
                 },
                 [this](const FrameFromBroker& frame) { return on_frame(frame.bytes); },
                 [this](const FolderHint& hint) -> Status {
                   intake_.on_hint(hint);
                   projects_.on_hint(hint);
                   return {};
                 },
                 [this](const HandlerExited& exited) { return handlers_.on_exit(exited.exit); },
                 [this](const ControlRequest& request) { return control_.on_request(request); },
                 [this](const AskerGone& gone) -> Status {
                   control_.on_gone(gone.asker);
                   return {};
                 }},
      input);
}

Status Machinery::on_frame(const std::string& bytes) {
  auto decoded = wire::decode_from_broker(bytes);
  if (!decoded.ok()) {
    context_.warn("a frame of the broker was dropped: " + decoded.error().message);
    return {};
  }
  link_.on_frame();
  wire::FromBroker& frame = *decoded;
  switch (frame.body_case()) {
    case wire::FromBroker::kWelcome:
      link_.on_welcome(frame.welcome());
      // At once: deliveries in the same batch belong to the new session already.
      if (link_.take_opened()) {
        outbox_.restart();
        inbox_.restart();
        TRY(sync_.restart(link_.welcome().history()));
      }
      break;
    case wire::FromBroker::kRefused:
      link_.on_refused(frame.refused());
      break;
    case wire::FromBroker::kNoSession:
      link_.on_no_session();
      break;
    case wire::FromBroker::kPong:
      link_.on_pong(frame.pong());
      control_.on_pong(frame.pong());
      return sync_.on_pong(frame.pong());
    case wire::FromBroker::kPushResult:
      return outbox_.on_result(frame.push_result());
    case wire::FromBroker::kDeliver:
      return inbox_.on_deliver(frame.deliver());
    case wire::FromBroker::kBlobState:
      TRY(outbox_.on_blob_state(frame.blob_state()));
      return inbox_.on_blob_state(frame.blob_state());
    case wire::FromBroker::kBlobChunk:
      return inbox_.on_blob_chunk(frame.blob_chunk());
    case wire::FromBroker::kReply:
      control_.on_reply(frame.reply());
      break;
    case wire::FromBroker::kSyncState:
      return sync_.on_state(frame.sync_state());
    case wire::FromBroker::kSyncResult:
      return sync_.on_result(std::move(*frame.mutable_sync_result()));
    case wire::FromBroker::kSyncPage:
      sync_.on_page(std::move(*frame.mutable_sync_page()));
      break;
    case wire::FromBroker::kSyncChanged:
      return sync_.on_changed(frame.sync_changed());
    case wire::FromBroker::BODY_NOT_SET:
      break;
  }
  return {};
}

/// What is due, in the order in which one thing leads to the next: a dropped file becomes a row,
/// and the row a push, in the same step.
Status Machinery::work() {
  TRY(link_.tick());
  control_.tick(link_.take_lost());
  TRY(intake_.work());
  TRY(handlers_.start_waiting());
  TRY(retention_.work());
  TRY(inbox_.work(link_.is_open(), link_.broker_ahead()));
  TRY(sync_.take_pages());  // before the projects, which look at what has come
  // Before the outbox: a question of a translator goes out in the same step.
  TRY(projects_.work(sync_.is_busy() || imports_.is_busy()));
  TRY(outbox_.work(link_.is_open()));
  // History comes last: people's messages do not wait for a memory.
  TRY(imports_.work());
  TRY(sync_.work(link_.is_open(), imports_.is_busy()));
  return search_.work(sync_.is_busy() || imports_.is_busy());
}

bool Machinery::has_more() const {
  return intake_.has_more() || retention_.has_more() || imports_.is_busy() ||
         sync_.has_more(link_.is_open()) || projects_.has_more();
}

Result<std::vector<Output>> Machinery::step(const std::vector<Input>& inputs, Now now) {
  tidy();
  context_.now = now;
  TRY(retention_.sweep_attachments());
  for (const Input& input : inputs) TRY(apply(input));
  TRY(work());
  TRY(context_.commit());
  return context_.take_outputs();
}

Steady Machinery::next_wakeup() const {
  const bool open = link_.is_open();
  return std::min({link_.next_wakeup(), intake_.next_wakeup(), outbox_.next_wakeup(open),
                   inbox_.next_wakeup(open), control_.next_wakeup(), sync_.next_wakeup(open),
                   search_.next_wakeup(), projects_.next_wakeup()});
}

}  // namespace

Result<std::unique_ptr<Core>> Core::open(const AgentOptions& options, const Machine& machine,
                                         store::Db& db, store::Disk& disk, std::uint64_t seed,
                                         Now now) {
  TRY_ASSIGN(store::ClientStore store, store::ClientStore::open(db));
  TRY_ASSIGN(store::Blobs blobs, store::Blobs::open(disk, options.state_dir + "/blobs"));
  auto core =
      std::make_unique<Machinery>(options, machine, db, disk, store, std::move(blobs), seed);
  TRY(core->recover(now));
  return std::unique_ptr<Core>(std::move(core));
}

}  // namespace yizhan::agent
