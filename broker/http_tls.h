#pragma once
// The certificate and key with which the HTTP side speaks TLS, as files in PEM.

#include <string>

#include "config/result.h"

namespace yizhan::broker {

struct TlsFiles {
  std::string certificate;  ///< the server's own first, then those that vouch for it; empty: no TLS
  std::string key;          ///< of the certificate, without a password
};

/// Whether the files can be used: first of the certificate, then of its key. kNotFound, kIo,
/// kInvalid with what to do next; the message names the file.
Status check_tls_certificate(const TlsFiles& files);
Status check_tls_key(const TlsFiles& files);

/// What a person should know although it can be used: that it is over, or not valid yet, or soon
/// over. Empty: nothing.
std::string tls_certificate_warning(const TlsFiles& files);

}  // namespace yizhan::broker
