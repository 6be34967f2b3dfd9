# frozen_string_literal: true

require "json"
require "socket"
require "tmpdir"

# A name is looked up on a thread of its own, which cannot be called back: what is stuck there must hold up nothing.
RSpec.describe LlmRouter, "and a resolver that never answers", :slow do
  # A resolver that held up a call would do so for 20 s or more.
  slack = 8.0

  let(:script) do
    <<~RUBY
      require "json"
      require "timeout"
      require "llm_router"
      LlmRouter.configure do |config|
        config.base_url, config.api_key = ARGV
        config.logger = nil
        config.endpoint :lost, base_url: "https://stalls.example", api_key: "k"
        config.chain :default, [{ model: "lost/one", endpoint: :lost, timeout: 2 }, "good/one"]
        config.chain :patient, [{ model: "lost/one", endpoint: :lost, timeout: 20 }, "good/one"]
        config.chain :good, %w[good/one other/one]
      end
      def ask(chain) = LlmRouter.new(chain: chain, budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: "Hi" }])

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

      draft = ask(:default)
      interrupted = now
      begin
        Timeout.timeout(1) { ask(:patient) }
      rescue Timeout::Error
        interrupted = now - interrupted
      end
      next_call = now
      ask(:good)
      hop = draft.hops.first
      puts({ content: draft.content, reason: hop.reason, message: hop.message, waited: hop.duration,
             interrupted: interrupted, next_call: now - next_call, ended: now }.to_json)
    RUBY
  end

  # As the process sees it, this is the only resolver that there is.
  def with_resolver_that_never_answers
    resolver = UDPSocket.new
    resolver.bind("127.0.0.99", 53)
    Dir.mktmpdir do |directory|
      file = File.join(directory, "resolv.conf")
      File.write(file, "nameserver 127.0.0.99\noptions timeout:30 attempts:1\n")
      yield ["unshare", "--mount", "sh", "-c", "mount --bind #{file} /etc/resolv.conf && exec \"$@\"", "-"], resolver
    end
  rescue Errno::EACCES, Errno::EADDRNOTAVAIL, Errno::EADDRINUSE
    skip "needs root, to be the resolver of a process"
  ensure
    resolver&.close
  end

  it "holds up no call beyond its limit, no interrupt, no call after it, and not the end of the process" do
    with_resolver_that_never_answers do |wrapper, resolver|
      skip "needs root and unshare, to give a process a resolver" unless system(*wrapper, "true", err: File::NULL)

      gateway.answer("Hi", "good/*")
      lib = File.expand_path("../../lib", __dir__)
      output = IO.popen([*wrapper, RbConfig.ruby, "-I", lib, "-e", script, gateway.base_url, "test-key"], &:read)
      ended = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      report = JSON.parse(output, symbolize_names: true)
      expect(resolver.recvfrom_nonblock(512).first).to include("stalls")
      expect(report).to include(content: "Hi", reason: "timeout",
                                message: "no connection to stalls.example within 2.000 s")
      expect(measured("in DNS", report[:waited] - 2)).to be_between(0, slack)
      expect(measured("interrupted in DNS", report[:interrupted] - 1)).to be_between(0, slack)
      expect(measured("the next call", report[:next_call])).to be < slack
      expect(measured("the end of the process", ended - report[:ended])).to be < slack * 2
    end
  end
end
