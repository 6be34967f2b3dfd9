# frozen_string_literal: true

require "llm_router/database"

RSpec.describe LlmRouter::Database::PlainTrilogy do
  # The methods of a client as Trilogy 2.11 and later define them, without a server.
  let(:client) do
    Class.new do
      def initialize
        @mutex = Mutex.new
      end

      def query(sql, option: nil)
        yield if block_given?
        Thread.pass
        [sql, option]
      end

      const_set(:Synchronization, Module.new do
        define_method(:query) do |*arguments, **options, &block|
          Thread.handle_interrupt(Object => :never) do
            raise ThreadError unless @mutex.try_lock

            Thread.handle_interrupt(Object => :immediate) do
              super(*arguments, **options, &block)
            end
          ensure
            @mutex.unlock
          end
        end
      end)
      prepend const_get(:Synchronization)
    end
  end
  let(:late) { Class.new(StandardError) }

  before { stub_const("Trilogy", client) }

  # Whether an interrupt arrives while a query runs under a mask.
  def interrupted?
    arrived = false
    Thread.new do
      Thread.handle_interrupt(late => :never) do
        Thread.current.raise(late)
        yield
      rescue late
        arrived = true
      end
    rescue late
      nil
    end.join
    arrived
  end

  it "keeps a client from unmasking interrupts while the ledger uses it, and only then" do
    query = -> { client.new.query("SELECT 1") }
    expect(interrupted?(&query)).to be(true)
    expect(interrupted? { described_class.use(&query) }).to be(false)
    expect(interrupted?(&query)).to be(true)
  end

  it "does so beneath what others have prepended to the client, before and after" do
    seen = []
    tracing = lambda do |name|
      Module.new { define_method(:query) { |*arguments, **options| (seen << name) && super(*arguments, **options) } }
    end
    client.prepend(tracing.call(:before))
    described_class.use { client.new.query("SELECT 1") }
    client.prepend(tracing.call(:after))
    seen.clear
    expect(interrupted? { described_class.use { client.new.query("SELECT 1") } }).to be(false)
    expect(seen).to eq(%i[after before])
  end

  it "passes arguments, options and blocks on" do
    yielded = false
    answer = described_class.use { client.new.query("SELECT 1", option: 2) { yielded = true } }
    expect([answer, yielded]).to eq([["SELECT 1", 2], true])
  end

  it "leaves an older Trilogy alone" do
    stub_const("Trilogy", Class.new)
    expect(described_class.use { :done }).to be(:done)
    expect(Trilogy.ancestors.first).to be(Trilogy)
  end
end
