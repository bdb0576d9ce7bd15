// A TLS peer that shows a certificate whose key it need not hold, which no TLS library of Python can be talked into:
//
//   raw_peer serve ADDRESS SHOWN.pem SIGNING.pem 1.2|1.3        prints its port, then what it was sent by the one who
//   came raw_peer dial PORT ADDRESS SHOWN.pem SIGNING.pem 1.2|1.3    says "secret"; prints "answered" or "closed"
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "identity/key.h"
#include "tls/raw_tls.h"

namespace {

using namespace pd::connect::test;

pd::identity::PrivateKey read_key(const std::string& file) {
  std::ifstream in(file);
  const std::string pem{std::istreambuf_iterator<char>(in), {}};
  return pd::identity::PrivateKey::from_pem(pem).value();
}

// `arguments`: ADDRESS SHOWN SIGNING VERSION
Manners manners_of(const std::vector<std::string>& arguments) {
  const auto shown = read_key(arguments.at(1));
  const auto signing = read_key(arguments.at(2));
  Manners manners{mismatched(shown.public_key(), signing), certificate(ed25519(shown), arguments.at(0)), {}};
  manners.max_version = arguments.at(3) == "1.2" ? TLS1_2_VERSION : TLS1_3_VERSION;
  return manners;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const std::string what = arguments.at(0);
    arguments.erase(arguments.begin());
    if (what == "serve") {
      RawServer server(manners_of(arguments));
      std::cout << server.port() << std::endl;
      std::cout << server.heard() << std::endl;
      return 0;
    }
    const auto port = static_cast<std::uint16_t>(std::stoul(arguments.at(0)));
    arguments.erase(arguments.begin());
    std::cout << (dial_raw(port, manners_of(arguments), "secret") ? "answered" : "closed") << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "raw_peer: " << error.what() << std::endl;
    return 2;
  }
}
