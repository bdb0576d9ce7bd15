"""The story of the README, between real servers of four domains."""

import json
import signal

import pytest

PAIRS = [
    ("olivier@example.org", "gordon@blackmesa.us"),
    ("alice@example.net", "bob@example.com"),
    ("carol@example.com", "dave@example.org"),
]


def events(process, kind):
    return json.loads(process.wait_line(lambda line: json.loads(line).get("event") == kind))


@pytest.mark.parametrize("caller_address, callee_address", PAIRS)
def test_two_people_of_two_domains_talk(four, caller_address, callee_address):
    caller = four.person(caller_address).register()
    callee = four.person(callee_address).register()
    listener = callee.listen()
    chat = caller.chat(callee_address)
    events(chat, "connected")
    chat.write("Hello from the other side")
    heard = events(listener, "message")
    assert (heard["from"], heard["text"]) == (caller_address, "Hello from the other side")
    events(chat, "delivered")
    listener.write(f"{caller_address}\tI hear you")
    answer = events(chat, "message")
    assert (answer["from"], answer["text"]) == (callee_address, "I hear you")
    chat.close_input()
    assert chat.child.wait(30) == 0, chat.report()
    assert listener.stop(signal.SIGINT) == 0, listener.report()


def test_several_people_talk_to_one_listener_at_once(four):
    host = four.person("host@example.org").register()
    listener = host.listen()
    guests = [four.person(f"guest{n}@{domain}").register() for n, domain in enumerate(four.servers)]
    chats = [guest.chat(host.address) for guest in guests]
    for chat in chats:
        events(chat, "connected")
    for guest, chat in zip(guests, chats):
        chat.write(f"I am {guest.address}")
    heard = {}
    for _ in guests:
        message = events(listener, "message")
        heard[message["from"]] = message["text"]
    assert heard == {guest.address: f"I am {guest.address}" for guest in guests}
    for guest, chat in zip(guests, chats):
        listener.write(f"{guest.address}\tWelcome, {guest.address}")
        assert events(chat, "message")["text"] == f"Welcome, {guest.address}"
    for chat in chats:
        chat.close_input()
        assert chat.child.wait(30) == 0, chat.report()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("who", ["caller", "listener"])
def test_an_interrupt_ends_cleanly_and_loses_nothing(four, how, who):
    suffix = f"{who}{int(how)}"
    caller = four.person(f"caller{suffix}@example.org").register()
    callee = four.person(f"callee{suffix}@blackmesa.us").register()
    listener = callee.listen()
    chat = caller.chat(callee.address)
    events(chat, "connected")
    chat.write("before the interrupt")
    events(chat, "delivered")
    assert events(listener, "message")["text"] == "before the interrupt"
    ended = chat if who == "caller" else listener
    assert ended.stop(how) == 0, ended.report()
    assert "terminate called" not in ended.errors()
    again = callee.listen() if who == "listener" else listener
    chat = caller.chat(callee.address) if who == "caller" else chat
    chat.write("after the interrupt")
    assert events(again, "message")["text"] == "after the interrupt"
