#include "broker/transfers.h"

#include <optional>
#include <string>

#include "wire/limits.h"

namespace yizhan::broker {

namespace {

void send_state(Step& step, const Session& session, const std::string& hash,
                const store::Blobs::State& state) {
  wire::FromBroker frame;
  wire::BlobState* answer = frame.mutable_blob_state();
  answer->set_sha256(hash);
  answer->set_offset(state.offset);
  answer->set_complete(state.complete);
  step.send(session.peer, frame);
}

void refuse(Step& step, const Session& session, const std::string& hash, const std::string& why) {
  wire::FromBroker frame;
  frame.mutable_blob_state()->set_sha256(hash);
  frame.mutable_blob_state()->set_refused(why);
  step.send(session.peer, frame);
}

}  // namespace

Status Transfers::on_offer(Step& step, const Session& session, const wire::BlobOffer& offer) {
  const std::optional<Sha256> hash = Sha256::from(offer.sha256());
  if (!hash) {
    refuse(step, session, offer.sha256(), "not a SHA-256 of 32 bytes");
  } else if (offer.size() > wire::kMaxAttachmentBytes) {
    refuse(
        step, session, offer.sha256(),
        "an attachment may have at most " + std::to_string(wire::kMaxAttachmentBytes) + " bytes");
  } else {
    TRY_ASSIGN(const store::Blobs::State state, blobs_->state(*hash));
    send_state(step, session, offer.sha256(), state);
  }
  return {};
}

Status Transfers::on_chunk(Step& step, const Session& session, const wire::BlobChunk& chunk) {
  const std::optional<Sha256> hash = Sha256::from(chunk.sha256());
  if (!hash || chunk.size() > wire::kMaxAttachmentBytes ||
      chunk.data().size() > wire::kBlobChunkBytes) {
    refuse(step, session, chunk.sha256(), "a chunk outside the limits");
    return {};
  }
  const Result<store::Blobs::State> state =
      blobs_->add(*hash, chunk.size(), chunk.offset(), chunk.data());
  if (state.ok()) {
    send_state(step, session, chunk.sha256(), *state);
    return {};
  }
  if (state.error().code != Code::kInvalid && state.error().code != Code::kLimit) {
    return state.error();
  }
  refuse(step, session, chunk.sha256(), state.error().message);
  return {};
}

Status Transfers::on_get(Step& step, const Session& session, const wire::BlobGet& get) {
  const std::optional<Sha256> hash = Sha256::from(get.sha256());
  const bool readable = hash && session.readable.contains(*hash);
  // A session that has just begun: what an earlier one was sent comes again, and is asked for then.
  if (!readable && session.has_mail && session.in_flight.empty()) return {};
  if (!readable) {
    refuse(step, session, get.sha256(), "no message on its way to you has this attachment");
    return {};
  }
  TRY_ASSIGN(const store::Blobs::State state, blobs_->state(*hash));
  if (!state.complete) {
    refuse(step, session, get.sha256(), "the broker no longer has this attachment");
    return {};
  }
  TRY_ASSIGN(std::string bytes, blobs_->read(*hash, get.offset(), wire::kBlobChunkBytes));
  wire::FromBroker frame;
  wire::BlobChunk* chunk = frame.mutable_blob_chunk();
  chunk->set_sha256(get.sha256());
  chunk->set_offset(get.offset());
  chunk->set_size(state.offset);
  chunk->set_data(std::move(bytes));
  step.send(session.peer, frame);
  return {};
}

}  // namespace yizhan::broker
