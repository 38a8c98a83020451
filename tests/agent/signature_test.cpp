#include "agent/signature.h"

#include <catch2/catch.hpp>

#include "agent/task_file.h"
#include "config/ids.h"
#include "tests/agent/task_text.h"

using namespace yizhan;
using namespace yizhan::agent;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

constexpr const char* kHash = "3f1d0c6b6f0d6b1f4c1f0c0e7b4c1a0fd0e6f9c2a7d7a1b8e9e2d3c4b5a69788";

SigningKey key_of(unsigned char byte) {
  SigningSeed seed;
  seed.data.fill(byte);
  return signing_key_from(seed);
}

const SigningKey kZhang = key_of(1);
const SigningKey kEve = key_of(2);

std::vector<TrustOptions> trusting_zhang() {
  return {{"zhang.min-2026", "zhang.min", format_verify_key(kZhang.public_key)}};
}

std::string unsigned_text(const std::string& rest = "") {
  std::string text = task_of(rest + "[end]\n");
  return text.insert(text.find("recipient"), "sender = zhang.min\n");
}

std::string signed_text(const std::string& text = unsigned_text(), const SigningKey& key = kZhang) {
  const auto done = sign_task_file(text, "t.ini", "zhang.min", key);
  INFO((done.ok() ? "" : done.error().message));
  REQUIRE(done.ok());
  return *done;
}

wire::Message message_of(const std::string& text) {
  auto file = parse_task_file(text, "t.ini");
  INFO((file.ok() ? "" : file.error().message));
  REQUIRE(file.ok());
  for (const AttachmentClaim& claim : file->attachments) {
    wire::Attachment* attachment = file->message.add_attachments();
    attachment->set_name(claim.name);
    attachment->set_sha256(std::string(claim.sha256.value_or(Sha256{}).view()));
    attachment->set_size(claim.size.value_or(3));
  }
  return file->message;
}

/// "ok", or why nobody who is trusted signed it.
std::string verdict(const std::string& text,
                    const std::vector<TrustOptions>& trusted = trusting_zhang()) {
  const auto signer = find_signer(message_of(text), trusted);
  return signer.ok() ? "ok" : signer.error().message;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

std::string sign_error(const std::string& text) {
  const auto done = sign_task_file(text, "t.ini", "zhang.min", kZhang);
  return done.ok() ? "ok" : done.error().message;
}

}  // namespace

TEST_CASE("what is signed is every byte before the header of the signature") {
  const std::string text = signed_text();
  const std::size_t header = text.find("[signature]");
  const std::string value = text.substr(text.find("value = ") + 8, 88);
  CHECK(text.substr(0, header) == replaced(unsigned_text(), "[end]\n", ""));
  CHECK(is_signed(kZhang.public_key, text.substr(0, header), *parse_signature(value)));
  CHECK(text.substr(header) == "[signature]\nalg = ed25519\nkey_id = " + key_id(kZhang.public_key) +
                                   "\nvalue = " + value + "\n\n[end]\n");
  CHECK(parse_task_file(text, "t.ini")->complete);
  CHECK(verdict(text) == "ok");
}

TEST_CASE("a signed file may begin with a BOM, end its lines with CRLF, and lack [end] before") {
  std::string windows;
  for (const char c : "\xEF\xBB\xBF" + unsigned_text()) {
    windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  }
  CHECK(verdict(signed_text(windows)) == "ok");
  CHECK_THAT(signed_text(windows), EndsWith("\r\n\r\n[end]\r\n"));
  const std::string open = replaced(unsigned_text(), "+08:00\n[end]\n", "+08:00");
  CHECK(verdict(signed_text(open)) == "ok");
}

TEST_CASE("any byte that is changed makes the signature void") {
  const std::string text = signed_text(unsigned_text("[instructions]\ntext = 先译第一章\n"));
  const std::size_t header = text.find("[signature]");
  int read = 0;
  for (std::size_t i = 0; i < text.find("\n\n[end]"); ++i) {
    for (const char c : {'x', '\n'}) {
      std::string changed = text;
      if (changed[i] == c) continue;
      changed[i] = c;
      const auto file = parse_task_file(changed, "t.ini");
      if (!file.ok()) continue;  // no task file any more
      ++read;
      INFO(i << ": " << changed);
      CHECK_FALSE(find_signer(file->message, trusting_zhang()).ok());
      if (i < header && file->message.signed_file() == changed) {
        CHECK_THAT(find_signer(file->message, trusting_zhang()).error().message,
                   Contains("changed after it was signed") || Contains("not for its sender"));
      }
    }
  }
  CHECK(read > 200);
}

TEST_CASE("a key that is not trusted, or not for this sender, vouches for nothing") {
  CHECK_THAT(verdict(signed_text(), {}), Contains("is not trusted here"));
  CHECK_THAT(verdict(signed_text(unsigned_text(), kEve)), Contains("is not trusted here"));
  // Eve's signature under Zhang's name.
  const std::string forged = replaced(signed_text(unsigned_text(), kEve), key_id(kEve.public_key),
                                      key_id(kZhang.public_key));
  CHECK_THAT(verdict(forged), Contains("changed after it was signed"));
  // Eve is trusted, as Eve.
  const std::vector<TrustOptions> eve = {{"e", "eve", format_verify_key(kEve.public_key)}};
  CHECK_THAT(verdict(signed_text(unsigned_text(), kEve), eve), Contains("not for its sender"));
  CHECK_THAT(verdict(unsigned_text()), Contains("no [signature]"));
}

TEST_CASE("a signature has one form, since nothing covers it but it is relayed") {
  const std::string text = signed_text();
  const std::string id = "key_id = " + key_id(kZhang.public_key) + "\n";
  const std::string form = "alg, key_id and value, in this order and nothing else";
  CHECK_THAT(verdict(replaced(text, "\n\n[end]", "\nnote = x\n[end]")), Contains(form));
  CHECK_THAT(verdict(replaced(replaced(text, id, ""), "alg =", id + "alg =")), Contains(form));
  CHECK_THAT(verdict(replaced(text, id, "")), Contains(form));
  CHECK_THAT(verdict(replaced(text, "ed25519", "ED25519")), Contains("another alg"));
  CHECK_THAT(verdict(replaced(text, "==\n", "=\n")), Contains("base64"));
}

TEST_CASE("a section behind the signature makes it no task file") {
  const std::string text = replaced(signed_text(), "[end]", "[command]\ncommand.1 = purge\n[end]");
  CHECK_FALSE(parse_task_file(text, "t.ini").ok());
  const std::string other = replaced(signed_text(), "[end]", "[offer]\nmode = direct\n[end]");
  CHECK_THAT(parse_task_file(other, "t.ini").error().message, Contains("behind [signature]"));
}

TEST_CASE("attachments are signed by their hashes, and those without one are not") {
  const std::string with =
      unsigned_text(std::string("[files]\nfile.1 = a.docx\n") + "file.1.sha256 = " + kHash + "\n");
  CHECK(verdict(signed_text(with)) == "ok");
  wire::Message message = message_of(signed_text(with));
  message.mutable_attachments(0)->set_sha256(std::string(32, 'x'));
  CHECK_FALSE(find_signer(message, trusting_zhang()).ok());

  const std::string without = unsigned_text("[files]\nfile.1 = a.docx\n");
  CHECK_THAT(sign_error(without), Contains("t.ini:15: ") && Contains("no sha256"));
  // Somebody else's program may have signed it nevertheless.
  std::string loose = replaced(without, "[end]\n", "");
  loose += "[signature]\nalg = ed25519\nkey_id = " + key_id(kZhang.public_key) +
           "\nvalue = " + format_signature(sign(kZhang, loose)) + "\n[end]\n";
  CHECK_THAT(verdict(loose), Contains("nothing vouches for it"));
}

TEST_CASE("what cannot be signed is told with its line") {
  CHECK_THAT(sign_error(signed_text()), Contains("t.ini:14: it is signed already"));
  CHECK_THAT(sign_error(task_of("[end]\n")), Contains("t.ini:1: ") && Contains("sender = zhang"));
  CHECK_THAT(sign_error(replaced(unsigned_text(), "sender = zhang.min", "sender = eve")),
             Contains("sender = zhang"));
  CHECK_THAT(sign_error("[yizhan]\nversion = 1\n"), Contains("t.ini:1: "));
  std::string wide = "\xFF\xFE";
  for (const char c : unsigned_text()) wide += std::string{c, '\0'};
  CHECK_THAT(sign_error(wide), Contains("UTF-8"));
  const std::string full = unsigned_text("[x]\n" + [] {
    std::string lines;
    for (int i = 0; i < 35; ++i) {
      lines += "k" + std::to_string(i) + " = " + std::string(7'400, 'x') + "\n";
    }
    return lines;
  }());
  const std::string padded = full + "; " + std::string(262'144 - full.size() - 3, 'x') + "\n";
  CHECK_THAT(sign_error(replaced(padded, "[end]\n", "")), Contains("over the limit"));
}

TEST_CASE("a message that says something else than its signed file is found out") {
  const wire::Message good = message_of(signed_text());
  CHECK(check_signed_file(good).ok());
  wire::Message stamped = good;
  stamped.set_sender("user:zhang.min");  // as the broker does
  CHECK(check_signed_file(stamped).ok());
  wire::Message other = good;
  other.set_priority(wire::URGENT);
  CHECK_THAT(check_signed_file(other).error().message, Contains("something else"));
  other = good;
  other.set_signed_file("[yizhan]\n");
  CHECK_FALSE(check_signed_file(other).ok());
  other = good;
  other.add_attachments()->set_name("a.docx");
  CHECK_THAT(check_signed_file(other).error().message, Contains("other attachments"));
}
