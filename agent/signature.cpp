#include "agent/signature.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/task_file.h"
#include "agent/task_file_check.h"
#include "config/ini.h"
#include "config/printable.h"
#include "wire/address.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

constexpr const char* kSection = "signature";
constexpr const char* kAlgorithm = "ed25519";

std::string quoted(std::string_view text) {
  return "'" + printable(text, 80) + "'";
}

/// Of a file that has been parsed as a task file: the limits were held there.
Result<IniDocument> document_of(std::string_view bytes, const std::string& file_name) {
  TRY_ASSIGN(IniDocument document, parse_ini(bytes, file_name));
  // In any other encoding the lines of the text are not those of the bytes.
  if (document.encoding != IniEncoding::kUtf8) {
    return error_at(file_name, 1, "a signed file has to be UTF-8; save it as that");
  }
  return document;
}

/// The bytes before line `line`, by the parser's own count: what it reads and what is signed can
/// never be two things.
std::string_view before_line(std::string_view bytes, int line) {
  std::size_t at = 0;
  for (int i = 1; i < line; ++i) at = bytes.find('\n', at) + 1;
  return bytes.substr(0, at);
}

/// What a signature claims to be.
struct Claim {
  std::string key_id;
  Signature signature;
  std::string_view signed_bytes;
};

Result<Claim> read_claim(std::string_view bytes, const IniDocument& document) {
  const auto denied = [](const std::string& what) {
    return Error{Code::kDenied, "its [signature] " + what};
  };
  // The section is part of the message, but nothing covers it: one form only, or a file could be
  // made into another one under its id that is as well signed.
  constexpr std::array<const char*, 3> kKeys = {"alg", "key_id", "value"};
  const std::vector<IniEntry>& entries = document.find(kSection)->entries;
  if (!std::equal(entries.begin(), entries.end(), kKeys.begin(), kKeys.end(),
                  [](const IniEntry& entry, const char* key) { return entry.key == key; })) {
    return denied("does not have alg, key_id and value, in this order and nothing else");
  }
  if (entries[0].value != kAlgorithm) return denied("has another alg than ed25519");
  const auto signature = parse_signature(entries[2].value);
  if (!signature) return denied("has a value that is not 88 characters of base64");
  return Claim{entries[1].value, *signature, before_line(bytes, document.find(kSection)->line)};
}

std::string without_hash(const AttachmentClaim& claim) {
  return "the attachment " + quoted(claim.name) + " has no sha256 in the file";
}

bool is_sender(const std::string& user, const wire::Message& message) {
  const auto sender = wire::parse_addresses(message.sender());
  return sender.ok() && sender->size() == 1 && sender->front().kind == "user" &&
         sender->front().value == user;
}

}  // namespace

Result<std::string> sign_task_file(std::string_view bytes, const std::string& file_name,
                                   const std::string& user, const SigningKey& key) {
  TRY_ASSIGN(const TaskFile file, parse_task_file(bytes, file_name));
  TRY_ASSIGN(const IniDocument document, document_of(bytes, file_name));
  if (const IniSection* section = document.find(kSection)) {
    return error_at(file_name, section->line, "it is signed already; take [signature] out first");
  }
  if (!is_sender(user, file.message)) {
    return error_at(file_name, document.sections.front().line,
                    "a file that you sign needs sender = " + user +
                        ": without it, whoever opens it sends it as his own");
  }
  for (const AttachmentClaim& claim : file.attachments) {
    if (claim.sha256) continue;
    return error_at(
        file_name, claim.line,
        without_hash(claim) + "; add it, so that it is signed as well (sha256sum " + "prints it)");
  }
  const IniSection* end = document.find("end");
  std::string text(end == nullptr ? bytes : before_line(bytes, end->line));
  const bool carriage = text.find("\r\n") != std::string::npos;
  const std::string eol = carriage ? "\r\n" : "\n";
  if (text.back() != '\n') text += eol;
  const Signature signature = sign(key, text);
  for (const std::string& line :
       {std::string("[signature]"), std::string("alg = ") + kAlgorithm,
        "key_id = " + key_id(key.public_key), "value = " + format_signature(signature),
        std::string(), std::string("[end]")}) {
    text += line + eol;
  }
  if (text.size() > wire::kMaxTaskFileBytes) {
    return error_at(file_name, 1,
                    "with its signature it is over the limit of " +
                        std::to_string(wire::kMaxTaskFileBytes) + " bytes",
                    Code::kLimit);
  }
  return text;
}

Status check_signed_file(const wire::Message& message) {
  TRY_ASSIGN(TaskFile file, parse_task_file(message.signed_file(), "signed_file"));
  const auto& attachments = message.attachments();
  if (attachments.size() != static_cast<int>(file.attachments.size())) {
    return Error{Code::kInvalid, "signed_file: it names other attachments than the message"};
  }
  for (int i = 0; i < attachments.size(); ++i) {
    const AttachmentClaim& claim = file.attachments[static_cast<std::size_t>(i)];
    const wire::Attachment& attachment = attachments[i];
    if (attachment.name() != claim.name || (claim.size && *claim.size != attachment.size()) ||
        (claim.sha256 && claim.sha256->view() != attachment.sha256())) {
      return Error{Code::kInvalid,
                   "signed_file: its attachment " + quoted(claim.name) + " is not the message's"};
    }
    *file.message.add_attachments() = attachment;
  }
  if (wire::content_hash(file.message) != wire::content_hash(message)) {
    return Error{Code::kInvalid, "signed_file: it says something else than the message"};
  }
  return {};
}

Result<const TrustOptions*> find_signer(const wire::Message& message,
                                        const std::vector<TrustOptions>& trusted) {
  const std::string& bytes = message.signed_file();
  if (bytes.empty()) return Error{Code::kDenied, "it has no [signature]"};
  TRY(check_signed_file(message));
  TRY_ASSIGN(const TaskFile file, parse_task_file(bytes, "signed_file"));
  TRY_ASSIGN(const IniDocument document, document_of(bytes, "signed_file"));
  TRY_ASSIGN(const Claim claim, read_claim(bytes, document));
  bool known = false;
  for (const TrustOptions& trust : trusted) {
    const auto key = parse_verify_key(trust.key);
    if (!key || key_id(*key) != claim.key_id) continue;
    known = true;
    if (!is_sender(trust.user, message)) continue;
    if (!is_signed(*key, claim.signed_bytes, claim.signature)) {
      return Error{Code::kDenied, "its signature by key " + claim.key_id +
                                      " does not fit: the file was changed after it was signed"};
    }
    const auto loose = std::find_if(file.attachments.begin(), file.attachments.end(),
                                    [](const AttachmentClaim& one) { return !one.sha256; });
    if (loose != file.attachments.end()) {
      return Error{Code::kDenied, without_hash(*loose) + ", so that nothing vouches for it"};
    }
    return &trust;
  }
  if (known) {
    return Error{Code::kDenied, "key " + claim.key_id + " is trusted, but not for its sender"};
  }
  return Error{Code::kDenied,
               "key " + quoted(claim.key_id) +
                   " of its signature is not trusted here; if it is "
                   "known to be the sender's, add a [trust NAME] to the agent's configuration"};
}

}  // namespace yizhan::agent
