#include "broker/http_tls_beast.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509err.h>

#include <boost/asio/ssl/error.hpp>
#include <string>

#include "config/files.h"

namespace yizhan::broker {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr std::size_t kMaxPemBytes = 1024 * 1024;
constexpr int kSoonDays = 14;

Result<std::string> read_pem(const std::string& what, const std::string& file) {
  auto text = read_file(file, kMaxPemBytes);
  if (text.ok()) return text;
  return Error{text.error().code, what + " cannot be read: " + text.error().message +
                                      "; name a file in PEM that the broker's user may read"};
}

Error unusable(const std::string& what, const std::string& file, const error_code& error,
               const std::string& next) {
  return {Code::kInvalid, what + " " + file + " cannot be used: " + error.message() + "; " + next};
}

Status use_certificate(ssl::context& context, const TlsFiles& files) {
  TRY_ASSIGN(const std::string pem, read_pem("the certificate", files.certificate));
  error_code error;
  context.use_certificate_chain(boost::asio::buffer(pem), error);
  if (!error) return {};
  return unusable("the certificate", files.certificate, error,
                  "it must be PEM: the server's own certificate first, then those of the "
                  "authorities between (a file named fullchain.pem, often)");
}

bool is_mismatch(const error_code& error) {
  const auto value = static_cast<unsigned long>(error.value());
  return error.category() == boost::asio::error::get_ssl_category() &&
         ERR_GET_LIB(value) == ERR_LIB_X509 &&
         (ERR_GET_REASON(value) == X509_R_KEY_VALUES_MISMATCH ||
          ERR_GET_REASON(value) == X509_R_KEY_TYPE_MISMATCH);
}

Error mismatch(const TlsFiles& files) {
  return {Code::kInvalid, "the key " + files.key + " is not that of the certificate " +
                              files.certificate + "; name the two that belong together"};
}

Status use_key(ssl::context& context, const TlsFiles& files) {
  TRY_ASSIGN(const std::string pem, read_pem("the key", files.key));
  error_code error;
  // Without this OpenSSL would ask for the password on a terminal, and wait.
  context.set_password_callback(
      [](std::size_t, ssl::context_base::password_purpose) { return std::string(); }, error);
  if (!error) context.use_private_key(boost::asio::buffer(pem), ssl::context::pem, error);
  if (is_mismatch(error)) return mismatch(files);
  if (error) {
    return unusable("the key", files.key, error,
                    pem.find("ENCRYPTED") == std::string::npos
                        ? "it must be the certificate's private key in PEM"
                        : "it has a password: write it without one (openssl pkey -in KEY -out "
                          "FILE), readable for the broker's user only");
  }
  if (SSL_CTX_check_private_key(context.native_handle()) == 1) return {};
  ERR_clear_error();
  return mismatch(files);
}

bool is_past(const ASN1_TIME* time) {
  return X509_cmp_current_time(time) < 0;
}

int days_until(const ASN1_TIME* time) {
  int days = 0;
  int seconds = 0;
  return ASN1_TIME_diff(&days, &seconds, nullptr, time) == 1 ? days : kSoonDays;
}

}  // namespace

Status check_tls_certificate(const TlsFiles& files) {
  ssl::context context(ssl::context::tls_server);
  return use_certificate(context, files);
}

Status check_tls_key(const TlsFiles& files) {
  ssl::context context(ssl::context::tls_server);
  TRY(use_certificate(context, files));
  return use_key(context, files);
}

std::string tls_certificate_warning(const TlsFiles& files) {
  ssl::context context(ssl::context::tls_server);
  if (!use_certificate(context, files).ok()) return "";
  const X509* certificate = SSL_CTX_get0_certificate(context.native_handle());
  if (certificate == nullptr) return "";
  const std::string name = "the certificate " + files.certificate;
  if (!is_past(X509_get0_notBefore(certificate))) {
    return name + " is not valid yet: browsers refuse it";
  }
  const ASN1_TIME* const end = X509_get0_notAfter(certificate);
  const std::string next = "; renew it, and reload the broker (SIGHUP) to use the new one";
  if (is_past(end)) return name + " is over: browsers refuse it" + next;
  const int days = days_until(end);
  if (days >= kSoonDays) return "";
  return name + " is over in " + std::to_string(days) + " days" + next;
}

Status use_tls(ssl::context& context, const TlsFiles& files) {
  error_code error;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                          ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                          ssl::context::no_tlsv1_1 | ssl::context::no_compression,
                      error);
  if (error) return Error{Code::kIo, "preparing TLS: " + error.message()};
  SSL_CTX* const native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // An idle connection keeps no buffers.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  TRY(use_certificate(context, files));
  return use_key(context, files);
}

bool was_plain_http(const error_code& error) {
  return error.category() == boost::asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
}

}  // namespace yizhan::broker
