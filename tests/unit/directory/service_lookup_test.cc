#include <gtest/gtest.h>

#include "directory/lookup.h"
#include "world.h"

namespace pd::directory {
namespace {

namespace sample = identity::sample;
using test::Asker;
using test::Authority;
using test::FakeDomain;

// A domain whose own name leads nowhere; the DNS says where its service is.
class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() { asker_.set_service("blackmesa.invalid", domain_->port()); }

  const Authority authority_;
  const identity::Address gordon_ = sample::address("gordon@blackmesa.invalid");
  const identity::History history_ =
      identity::History::start(sample::create(sample::state("gordon@blackmesa.invalid"))).value();
  std::unique_ptr<FakeDomain> domain_ = serve();
  Asker asker_{authority_, {}};

  std::unique_ptr<FakeDomain> serve() {
    auto domain = std::make_unique<FakeDomain>(authority_, "blackmesa.invalid");
    domain->serve(gordon_, domain->resolution(history_));
    return domain;
  }
};

TEST_F(ServiceTest, IsFoundAndRemembered) {
  EXPECT_TRUE(asker_.lookup().find(gordon_)->confirmed());
  EXPECT_EQ(asker_.pins().domain(gordon_.domain())->service, (ServiceTarget{"127.0.0.1", domain_->port()}));
  asker_.set_service("blackmesa.invalid", {});
  EXPECT_TRUE(asker_.lookup().find(gordon_)) << "the descriptor is still good, and so is the way";
}

TEST_F(ServiceTest, IsLookedForAgainWhenItHasMoved) {
  asker_.lookup().find(gordon_);
  domain_.reset();
  EXPECT_THROW(asker_.lookup().find(gordon_), Failure);
  domain_ = serve();
  asker_.set_service("blackmesa.invalid", domain_->port());
  EXPECT_TRUE(asker_.lookup().find(gordon_));
}

TEST_F(ServiceTest, MustHaveACertificateOfTheDomain) {
  FakeDomain other(authority_, "example.net");
  other.serve("/.well-known/pd", 200, domain_->descriptor().dump());
  asker_.set_service("blackmesa.invalid", other.port());
  EXPECT_THROW(asker_.lookup().find(gordon_), Failure);
}

}  // namespace
}  // namespace pd::directory
