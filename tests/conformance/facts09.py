"""
Which test shows each fact of the specification of 0.7 to 0.9, section by section.

    "6.1 answer to a POST": "xhr-polling/cors test_every_post_is_answered_with_1"

A name with a slash is a recording that is replayed over TCP (with the differences that are listed for it), any other name
a test. ``quirks.py`` has the tables of its sections 13 and 14; ``test_quirks`` sees to it that all names exist.
"""

FACTS = {
    "2 routing": "handshake/paths handshake/resource test_a_path_without_a_session_id_is_a_handshake"
    " test_what_is_no_path_of_the_era_is_not_found",
    "2 URLs of each client": "version-0.7/client-0.7.0-xhr-polling version-0.7/client-0.7.0-htmlfile jsonp-polling/query"
    " reconnect/unload reconnect/unload-websocket test_each_form_of_a_transport_url_is_understood",
    "2 other versions of the protocol": "test_another_protocol_version_is_refused_in_the_words_of_the_era",
    "2 other methods": "handshake/methods xhr-polling/other-methods jsonp-polling/other-methods"
    " test_other_methods_are_a_bad_request",
    "2 unknown transport": "handshake/unknown-transport flashsocket/not-enabled",
    "3.1 accepted": "handshake/plain handshake/transports-setting"
    " test_the_handshake_names_the_transports_in_the_order_of_the_option",
    "3.1 refused": "handshake/unauthorized reconnect/unauthorized reconnect/handshake-error handshake/bad-origin"
    " test_a_client_that_is_not_authorized_is_told_so test_a_page_of_a_site_that_may_not_gets_an_error",
    "3.1 JSONP": "handshake/jsonp jsonp-polling/jsonp-handshake test_a_jsonp_handshake_is_a_call"
    " test_a_jsonp_index_that_is_no_number_is_ignored test_refusals_have_fixed_words",
    "3.1 CORS": "handshake/with-origin version-0.7/cors version-0.8/cors xhr-polling/browser-cors"
    " test_an_echoed_origin_comes_with_vary_and_credentials",
    "3.2 which form": "version-0.7/cross-origin-jsonp version-0.8/cross-origin-jsonp test_a_page_talks_in_chromium",
    "3.3 ids": "test_a_session_id_is_long_and_random handshake/unused-handshake-expires",
    "3.4 authorization": "handshake/unauthorized test_authorization_with_a_callback_decides"
    " test_the_third_argument_of_authorization_is_the_handshakes_data",
    "3.4 of a namespace": "xhr-polling/denied version-0.7/denied version-0.8/denied test_a_refusal_looks_as_the_era_has_it",
    "3.4 handshake data": "handshake/info test_the_handshake_gives_the_session_its_query",
    "3.5 origins": "handshake/bad-origin robustness/origins-substring websocket/bad-origin version-0.8/bad-origin"
    " test_a_listed_origin_is_compared_in_all_its_parts",
    "4.1 packets 0 to 8": "test_packets_are_read_as_0_9_19_reads_them test_messages_are_written_as_0_9_19_writes_them"
    " test_each_packet_has_its_meaning test_each_kind_of_message_has_its_packet",
    "4.1 errors, reasons and advice": "xhr-polling/denied xhr-polling/unknown-session websocket/unknown-session",
    "4.2 what can't be read": "xhr-polling/malformed version-0.7/malformed version-0.8/malformed"
    " test_what_is_no_packet_is_a_protocol_error test_a_09_session_drops_it_and_goes_on",
    "4.2 line separators": "version-0.7/line-separator-xhr-polling version-0.7/line-separator-jsonp-polling"
    " version-0.7/line-separator-htmlfile test_each_message_reaches_all_others_once_with_the_same_characters",
    "4.3 payloads": "xhr-polling/payload-lengths xhr-polling/batch jsonp-polling/batch htmlfile/batch websocket/payload-in-frame"
    " test_bodies_are_cut_as_0_9_19_cuts_them test_packets_are_joined_as_0_9_19_joins_them",
    "4.4 acknowledgements": "xhr-polling/server-acks websocket/server-acks htmlfile/server-acks version-0.7/server-acks"
    " test_automatic_answers_are_those_of_0_9_19",
    "5 opening": "semantics/greet-order xhr-polling/buffering test_the_first_transport_connects_the_default_namespace_once",
    "5 unknown session": "xhr-polling/unknown-session jsonp-polling/unknown-session htmlfile/unknown-session"
    " websocket/unknown-session websocket-hixie/unknown-session websocket-hybi-07-12/unknown-session version-0.7/unknown-session",
    "5 ended session": "xhr-polling/ended-session jsonp-polling/ended-session",
    "5 heartbeats": "websocket/heartbeat websocket/heartbeat-timeout websocket/unasked-heartbeat htmlfile/heartbeat"
    " htmlfile/heartbeat-timeout websocket-hixie/heartbeat-hixie-76 test_a_silent_client_is_gone_after_interval_and_timeout",
    "5 polls": "xhr-polling/noop jsonp-polling/noop version-0.7/noop"
    " test_polls_are_answered_before_half_of_what_the_client_was_told"
    " test_a_client_that_idles_is_kept_on_every_transport",
    "5 close timeout": "xhr-polling/close-timeout jsonp-polling/close-timeout"
    " test_a_client_that_does_not_poll_again_is_gone_after_the_close_timeout",
    "5 ends": "xhr-polling/server-disconnect htmlfile/server-disconnect websocket/server-disconnect websocket/client-close-frame"
    " websocket/client-drops websocket/client-half-closes htmlfile/dropped version-0.8/dropped-poll",
    "5 end of a namespace": "xhr-polling/server-namespace-disconnect websocket/server-namespace-disconnect"
    " test_leaving_a_namespace_is_not_answered_and_counts_once",
    "6.1 answer to a POST": "xhr-polling/cors xhr-polling/xdomainrequest robustness/post-too-large"
    " test_every_post_is_answered_with_1",
    "6.2 xhr-polling": "xhr-polling/basic xhr-polling/unicode xhr-polling/browser xhr-polling/http-1.0-style"
    " test_a_page_talks_in_chromium",
    "6.3 jsonp-polling": "jsonp-polling/basic jsonp-polling/index jsonp-polling/no-d jsonp-polling/browser"
    " jsonp-polling/browser-unicode test_a_page_talks_in_chromium test_what_a_form_did_to_line_breaks_is_undone",
    "6.4 htmlfile": "htmlfile/basic htmlfile/unicode test_an_endless_page_begins_with_256_bytes"
    " test_a_backslash_before_a_slash_reaches_clients_that_strip_it test_a_page_talks_in_chromium",
    "6.5 drafts": "websocket-hybi-07-12/other-versions websocket/bad-handshakes test_other_versions_are_told_so"
    " test_a_client_talks_in_a_page_of_its_time",
    "6.6 hybi": "websocket/basic websocket/lengths websocket/length-65536 websocket/client-big websocket/rsv websocket/fragments"
    " websocket/handshake-extras websocket-hybi-07-12/basic-version-7 websocket-hybi-07-12/basic-version-8"
    " websocket/node-client websocket/browser",
    "6.7 hixie": "websocket-hixie/basic-hixie-76 websocket-hixie/basic-hixie-75 websocket-hixie/nonce-late"
    " websocket-hixie/close-frame websocket-hixie/bad-frame websocket-hixie/bad-keys websocket-hixie/subprotocol"
    " websocket-hixie/no-origin robustness/match-origin-protocol-no-origin test_the_proof_is_that_of_the_old_server",
    "6.8 disconnect requests": "handshake/disconnect-request version-0.7/disconnect-request robustness/upgrade-with-disconnect"
    " test_a_disconnect_request_for_nobody_is_answered_all_the_same",
    "6.9 flashsocket": "flashsocket/basic flashsocket/namespaces flashsocket/rfc6455 test_a_client_talks_in_a_page_of_its_time",
    "6.10 change of transport": "reconnect/switch-transport reconnect/first-transport-loses xhr-polling/duplicate-poll"
    " test_another_kind_of_transport_takes_over_without_a_second_greeting",
    "7.1 namespaces": "xhr-polling/namespaces websocket/browser-namespaces semantics/namespace-reconnect"
    " semantics/client-auto-connects test_a_namespace_works_like_the_default_one",
    "7.2 events and messages": "websocket/basic test_a_message_is_answered_by_a_message_or_its_event"
    " test_reserved_events_are_ignored",
    "7.3 rooms and flags": "semantics/rooms semantics/broadcast semantics/namespace-broadcast semantics/volatile-polling"
    " websocket/volatile",
    "7.4 storage": "semantics/store-shared xhr-polling/store store-redis/session-0.9.19"
    " test_all_namespaces_of_the_connection_see_it",
    "8.1 connecting": "reconnect/websocket-blocked-fallback test_a_client_talks_in_a_page_of_its_time",
    "8.2 timers of clients": "reconnect/client-heartbeat-timeout reconnect/client-close-timeout reconnect/heartbeats-disabled"
    " test_a_client_that_idles_is_kept_on_every_transport",
    "8.3 losing the connection": "reconnect/websocket-dropped reconnect/xhr-polling-session-lost"
    " test_clients_come_back_to_a_server_that_was_started_again",
    "8.4 leaving the page": "reconnect/unload version-0.7/unload version-0.8/unload",
    "8.6 Node builds": "xhr-polling/node-client xhr-polling/node-client-namespaces"
    " test_values_come_back_as_event_and_as_acknowledgement",
    "9.1 settings": "test_every_setting_of_the_era_is_known test_the_option_in_the_table_is_the_one_that_is_set"
    " test_the_defaults_are_those_of_the_table test_a_setting_of_09_means_an_option",
    "9.5 Redis": "store-redis/session-0.9.19 store-redis/session-0.8.7",
    "9.6 client files": "static/files static/etag static/gzip static/minified static/disabled version-0.7/static"
    " version-0.8/static test_a_build_is_what_the_clients_own_builder_makes test_each_address_has_its_build",
    "10 Flash policy": "flashsocket/policy-port flashsocket/policy-inline flashsocket/policy-origins-list"
    " flashsocket/policy-origins-string",
    "11 differences between versions": "version-0.7/basic-xhr-polling version-0.7/jsonp-post version-0.8/jsonp-post"
    " version-0.7/not-connected-namespace version-0.8/not-connected-namespace",
}
"""Section and fact -> recordings and tests. Sections 1 and 12 to 15 are told elsewhere or are no facts about this server."""
