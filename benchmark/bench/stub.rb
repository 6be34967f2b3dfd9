# frozen_string_literal: true

module Bench
  # The gateway that all of them ask: ext/core/examples/stub_gateway.rs, on a processor of its own.
  class Stub
    PROGRAM = File.expand_path("../../target/release/examples/stub_gateway", __dir__)
    private_constant :PROGRAM

    # @yieldparam url [String]
    def self.open
      stub = IO.popen(["taskset", "-c", "1", PROGRAM], "r+")
      yield "http://127.0.0.1:#{Integer(stub.gets)}/api/v1"
    ensure
      stub&.close
    end
  end
end
