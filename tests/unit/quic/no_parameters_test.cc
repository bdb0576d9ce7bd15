// Who speaks TLS and no QUIC: a ClientHello without quic_transport_parameters (LINK-2; RFC 9001, section 8.2).
#include "identity/encoding.h"
#include "rig.h"

namespace pd::quic::test {
namespace {

// An Initial of a client that OpenSSL made: its CRYPTO frame has a ClientHello for pd/1 and TLS 1.3 as of TLS over TCP.
// Its keys come from the connection id 8394c8f03e515708 alone (RFC 9001, section 5.2), so anybody can make it.
constexpr std::string_view hello =
    "wwAAAAEIg5TI8D5RVwgI8GelUCpCYrVAAESWhbltDEa0UT2bfKPEwKXoSV3hPwRIF5tST1KB2EqHi_ErkRRXj6vGUJfX1wwnmgc69-1J"
    "cjNGKZPzeUcVYx9tnYrhDPeglFz8yD085qzf4nzSL7xSr6cz7mL9iFD3F9REJaMEA4DiL_p6GEUiIZzqEEAjTfCN7SXAx55JwohLwwil"
    "XnUe5xjt_XaQD3NzYjU_UqTEukkVzN9_7UJvFvNGKQqFkwpc0WMnRmJSzsfJfA0WBCt4fpzGCqy9V511CDlHQ9oQmAjiQkR73yYCQ6As"
    "PL_tTj4dN1Ty6t9TSOhmdOyUYN9Xw3_ogUxTn6HvLTcjXPFWqPGqn2leLqh1Gqie49YO7qlaPoXqf8ZjtI5TBL98emGORL9pBnpZErEc"
    "hPuczGaLjkPMGYhwvYMIJ5tQIaE63dYJhDFBPcp25GVgtSpUTAkPqvabevu7WcZK5LjQCXseFCWNDEYFJvwldhNnqHg4wsl45FpPe6Af"
    "fSIFRAcRazwV6dLuUb084wXGnrud8rZdcxNY48QkRi-kMUOYiLpPF-jkY12ox4Cc76fMsFp8IqHf-kaQOpVfSwbd2e02fAF6P82vUetE"
    "gs__-rz_qyZgSHHmRQjSziuJ5hqYLv3PrSf-pl6T5pNiC8yS1-hi1t2KeamTSJBWrv9Kvp_37xmQHRH0LQ6Pwek6rD1-GX9C14WqAPkD"
    "SMSkqh8xA1HNo9Bkq9nvVhAB83BxqEpwv0Fv_OGwbE-uihQRkXYJNGC-IiPbK9yXHMnka19YZqv4YxudHgnvObJ4ykNhkcO3CCkL_UWf"
    "fzJnpyvueuPkeLCHtz7edfaETaKrv-Rs7UWmVSGolUluoW2iuFzH23OKDVAIlqBwo75ggzw_x1tL8mQd-RE9PWzKQtXoyUIDMBdnq0M8"
    "KIJ6UvGo6J6mpiKAwrhIcskkJxd-BanpaLoLqnwHl8nx6mOv1gX9ukc06ZKXhChPI6GGhGYlNAjpgIJ4MLH1yrtROXVZbi5LK0qjTRT2"
    "u2lWdCGegFZY8zYvLspHXQi4S6-WYquRNhxEs1sHJPvQfc_B_2g2m6n8YNM0i_tfKXiHTLkl47UcNuCyroX5hdIjBO5JX3LAdqPbtrO9"
    "X6oqQSaPYbluyp0fKD9Wb0r7bjb8Bwx7peinKizr7Kq2E-AwH8qpzsLOIDP6LRcBN_1Won_rwaADGZfhziBryvYGtELBZuJvyB947fdD"
    "2uZ7kaAvTh_GqkIZ5H3JGXQ95PK3OZhgKYcS_PgveYxbj8MlU6xmOYNvrmPmSwT-NEbrCcN26BZ6Mcstti66nA1THTlYj63h96KZigjj"
    "I_DWg4cdQ4gqui_MpO2BMZuxs--SR90Eh1YBuWvsRbevLJt0lp7DDf1TBf__KtaQwy0_bzvyAxabCsulztdsH9wGcPQ5DCL_dZaBBP1K"
    "tap6P6Dqy-O3-9JPQwY7MwgFBLgFC4aAZVyk2ZG7yIy7_VwyP5pQ6BVXleMXaJnlYWGPzzji_jsFPKX-uX8KpUYdQqYidGe5Z9MMLoly"
    "Y4LtdfCjgcIfaF5vevHpI5ShOl52rLH5aFTUah3YWQ";

TEST(Handshake, WhoSendsNoTransportParametersIsRefused) {
  Rig rig;
  auto a = rig.socket(), b = rig.socket();
  const auto to_a = a->local(), to_b = b->local();
  std::optional<Made> answered;
  rig.start(accept(Town::credentials(gordon), rig.town.find(olivier), {std::move(b), to_a}), answered);
  const auto datagram = identity::from_base64url(hello);
  ASSERT_TRUE(datagram);
  a->send(to_b, *datagram);
  net::Received refusal;
  rig.until([&] { return a->receive(refusal); });
  EXPECT_FALSE(answered) << "and the one who is expected may still come";
  std::optional<Made> dialled;
  rig.start(connect(Town::credentials(olivier), rig.town.find(gordon), {std::move(a), to_b}), dialled);
  rig.until([&] { return dialled && answered; });
  EXPECT_TRUE(*dialled);
  EXPECT_TRUE(*answered);
}

}  // namespace
}  // namespace pd::quic::test
