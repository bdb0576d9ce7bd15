#include "point.h"

#include <algorithm>

#include "openssl.h"

namespace pd::identity {
namespace {

using BnContext = Owned<BN_CTX, BN_CTX_free>;

// p = 2^255 - 19 and d = -121665/121666 mod p of RFC 8032, section 5.1, big-endian.
constexpr std::array<std::uint8_t, 32> p_bytes = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xed};
constexpr std::array<std::uint8_t, 32> d_bytes = {0x52, 0x03, 0x6c, 0xee, 0x2b, 0x6f, 0xfe, 0x73, 0x8c, 0xc7, 0x40,
                                                  0x79, 0x77, 0x79, 0xe8, 0x98, 0x00, 0x70, 0x0a, 0x4d, 0x41, 0x41,
                                                  0xd8, 0xab, 0x75, 0xeb, 0x4d, 0xca, 0x13, 0x59, 0x78, 0xa3};

// Arithmetic modulo p, on public numbers: no need for constant time.
class Field {
 public:
  Field() : context_(BN_CTX_new()), p_(number(p_bytes)) { require(context_ != nullptr, "BN_CTX_new"); }

  static OwnedBigNumber number(const std::array<std::uint8_t, 32>& big_endian) {
    OwnedBigNumber n(BN_bin2bn(big_endian.data(), 32, nullptr));
    require(n != nullptr, "BN_bin2bn");
    return n;
  }

  static OwnedBigNumber one() {
    OwnedBigNumber n(BN_new());
    require(n && BN_one(n.get()) == 1, "BN_one");
    return n;
  }

  OwnedBigNumber multiply(const OwnedBigNumber& a, const OwnedBigNumber& b) const {
    OwnedBigNumber product(BN_new());
    require(product && BN_mod_mul(product.get(), a.get(), b.get(), p_.get(), context_.get()) == 1, "BN_mod_mul");
    return product;
  }

  OwnedBigNumber add(const OwnedBigNumber& a, const OwnedBigNumber& b) const {
    OwnedBigNumber sum(BN_new());
    require(sum && BN_mod_add_quick(sum.get(), a.get(), b.get(), p_.get()) == 1, "BN_mod_add");
    return sum;
  }

  OwnedBigNumber subtract(const OwnedBigNumber& a, const OwnedBigNumber& b) const {
    OwnedBigNumber difference(BN_new());
    require(difference && BN_mod_sub_quick(difference.get(), a.get(), b.get(), p_.get()) == 1, "BN_mod_sub");
    return difference;
  }

  bool is_reduced(const OwnedBigNumber& n) const { return BN_cmp(n.get(), p_.get()) < 0; }

  // Euler's criterion; `n` is not zero.
  bool is_square(const OwnedBigNumber& n) const {
    OwnedBigNumber exponent(BN_dup(p_.get()));
    OwnedBigNumber power(BN_new());
    require(exponent && power && BN_rshift1(exponent.get(), exponent.get()) == 1 &&
                BN_mod_exp(power.get(), n.get(), exponent.get(), p_.get(), context_.get()) == 1,
            "BN_mod_exp");
    return BN_is_one(power.get());
  }

 private:
  BnContext context_;
  OwnedBigNumber p_;
};

}  // namespace

bool is_safe_point(const std::array<std::uint8_t, 32>& raw) {
  std::array<std::uint8_t, 32> y_bytes{};
  std::reverse_copy(raw.begin(), raw.end(), y_bytes.begin());
  y_bytes[0] &= 0x7f;  // the sign of x; x and -x are points of the same order

  const Field field;
  const auto one = Field::one();
  const auto y = Field::number(y_bytes);
  if (!field.is_reduced(y)) return false;

  // The curve is x² = u/v with u = y² - 1 and v = dy² + 1; v is never zero.
  const auto y2 = field.multiply(y, y);
  const auto u = field.subtract(y2, one);
  const auto v = field.add(field.multiply(Field::number(d_bytes), y2), one);
  if (BN_is_zero(u.get())) return false;                                    // x = 0: order 1 or 2
  if (BN_is_zero(y.get())) return false;                                    // order 4
  if (BN_is_zero(field.add(u, field.multiply(y2, v)).get())) return false;  // x² = -y²: order 8
  return field.is_square(field.multiply(u, v));
}

}  // namespace pd::identity
