#pragma once

namespace pd::ops {

// Tells the service manager how the server is (sd_notify(3)): one datagram to the socket named by $NOTIFY_SOCKET.
// Without that variable nothing happens. False: the message could not be sent; the server goes on either way. Any
// thread, as long as nobody changes the environment.
bool notify_ready();
bool notify_reloading();  // to be followed by notify_ready()
bool notify_stopping();

}  // namespace pd::ops
