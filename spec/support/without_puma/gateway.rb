# frozen_string_literal: true

# For a Ruby that Debian has no compiled gems for: the gateway, which needs Puma, runs in a process of Debian's default
# Ruby, and is driven from here. To be required before anything else.
require "drb"
require "drb/timeridconv"
require "llm_router/testing/gateway"

class LlmRouter
  module Testing
    # As elsewhere, but for where it runs.
    class Gateway
      SERVER = <<~RUBY
        require "drb"
        require "drb/timeridconv"
        require "llm_router/testing/gateway"
        DRb.install_id_conv(DRb::TimerIdConv.new)
        LlmRouter::Testing::Gateway.include(DRbUndumped)
        front = LlmRouter::Testing::Gateway.method(:start).extend(DRbUndumped)
        puts DRb.start_service("druby://127.0.0.1:0", front).uri
        $stdout.flush
        $stdin.read
      RUBY
      LIB = File.expand_path("../../../lib", __dir__)
      private_constant :SERVER, :LIB

      # It ends with this process, which holds its standard input open.
      def self.elsewhere
        @elsewhere ||= begin
          DRb.install_id_conv(DRb::TimerIdConv.new)
          DRb.start_service("druby://127.0.0.1:0") # for blocks
          @process = IO.popen([{ "RUBYOPT" => nil, "GEM_PATH" => nil }, "/usr/bin/ruby", "-I", LIB, "-e", SERVER], "r+")
          DRbObject.new_with_uri(@process.gets.chomp)
        end
      end

      def self.start(**options)
        gateway = elsewhere.call(**options)
        return gateway unless block_given?

        begin
          yield gateway
        ensure
          gateway.stop
        end
      end
    end
  end
end
