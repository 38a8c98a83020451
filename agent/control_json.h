#pragma once
// Rows of the client database as the JSON that control verbs answer with. Times are ISO 8601, ids
// UUID text, states and kinds by name.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "store/client_store.h"

namespace yizhan::agent {

using Json = nlohmann::ordered_json;

/// Null for 0, which stands for "not yet" in the rows.
Json time_json(std::int64_t us);

/// One line of a list.
Json outgoing_json(const store::Outgoing& row);
Json incoming_json(const store::Incoming& row);
Json recipients_json(const std::vector<store::RecipientState>& recipients);
Json ledger_json(const store::ClientLedger& ledger);

/// What happened when to a message, as far as this agent knows: [{time, at, what, whom, detail}].
Json history_json(const store::Outgoing* outgoing,
                  const std::vector<store::RecipientState>& recipients,
                  const store::Incoming* incoming);

/// Both histories as one, by time. What is not such a list counts as empty.
Json merged_history(const Json& ours, const Json& theirs);

/// Text of the JSON; bytes that are not UTF-8 become U+FFFD.
std::string to_text(const Json& json);

}  // namespace yizhan::agent
