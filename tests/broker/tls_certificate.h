#pragma once
// A certificate of one's own, made in memory.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

namespace yizhan::broker {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

/// Self-signed for the DNS name `name`; who trusts it, trusts nothing else by it.
struct TlsCertificate {
  std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>> key{EVP_EC_gen("P-256")};
  std::unique_ptr<X509, FreeWith<X509_free>> certificate{X509_new()};

  /// Valid from yesterday on for `days`.
  explicit TlsCertificate(const std::string& name, long days = 2) {
    constexpr long kDay = 24 * 60 * 60;
    X509* x509 = certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -kDay);
    X509_gmtime_adj(X509_getm_notAfter(x509), (days - 1) * kDay - 60);
    X509_set_pubkey(x509, key.get());
    X509_NAME* subject = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x509, subject);
    const std::string names = "DNS:" + name;
    const std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> extension{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str())};
    X509_add_ext(x509, extension.get(), -1);
    REQUIRE(X509_sign(x509, key.get(), EVP_sha256()) != 0);
  }

  void write(const std::string& path) const {
    const std::unique_ptr<BIO, FreeWith<BIO_free>> file{BIO_new_file(path.c_str(), "w")};
    REQUIRE(PEM_write_bio_X509(file.get(), certificate.get()) == 1);
  }
  /// With `password`, encrypted.
  void write_key(const std::string& path, const std::string& password = "") const {
    const std::unique_ptr<BIO, FreeWith<BIO_free>> file{BIO_new_file(path.c_str(), "w")};
    REQUIRE(PEM_write_bio_PKCS8PrivateKey(
                file.get(), key.get(), password.empty() ? nullptr : EVP_aes_256_cbc(),
                password.data(), static_cast<int>(password.size()), nullptr, nullptr) == 1);
  }
};

}  // namespace yizhan::broker
