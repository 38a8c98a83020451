#pragma once
// Attachments up and down, by content hash, chunk by chunk. An agent may read only what is in a
// message on its way to it.

#include "broker/sessions.h"
#include "broker/step.h"
#include "store/blobs.h"
#include "wire/session.pb.h"

namespace yizhan::broker {

class Transfers {
 public:
  explicit Transfers(store::Blobs& blobs) : blobs_(&blobs) {}

  // Each answers with one frame. They fail only when the disk does (kIo).
  Status on_offer(Step& step, const Session& session, const wire::BlobOffer& offer);
  Status on_chunk(Step& step, const Session& session, const wire::BlobChunk& chunk);
  Status on_get(Step& step, const Session& session, const wire::BlobGet& get);

 private:
  store::Blobs* blobs_;
};

}  // namespace yizhan::broker
