# frozen_string_literal: true

require "llm_router/notifications"
require_relative "../../budget/budget_helper"
require_relative "batch_helper"

RSpec.describe LlmRouter, "#call_all and its block" do
  include BatchHelper

  it "receives each result before the next request is sent" do
    shown = []
    shown_before = []
    gateway.respond { (shown_before << shown.size) && answer_of("Hi") }
    ask_all(4, concurrency: 1) { |_, result| shown << result }
    expect(shown_before).to eq([0, 1, 2, 3])
  end

  it "receives each refusal before the budget is checked for the next request" do
    budget.define_singleton_method(:exhausted?) { (@checks += 1) && raise(IOError) }
    checks = []
    ask_all(3) { checks << budget.checks }
    expect(checks).to eq([1, 2, 3])
  end

  it "takes none of the time that the others have until their deadlines", :slow do
    gateway.answer("Hi")
    shown = Queue.new
    gateway.respond(Support::PRIMARY) { |request| number_of(request).zero? ? answer_of("Hi") : (shown.pop && unwell) }
    results = router(deadline: 4).call_all(requests(3)) do |_, result|
      next if result.fallback?

      2.times { shown << true }
      sleep(4)
    end
    expect(results.map { |result| reasons(result.hops) }).to eq([[], [:unavailable], [:unavailable]])
  end

  def unwell
    [503, {}, "{}"]
  end

  describe "with a database", database: :sqlite do
    # How many connections are taken while the second of two requests is on the wire.
    def taken(within: 20, **settings)
      busy = nil
      shown = Queue.new
      # That of the examples' own thread.
      model.connection_pool.release_connection
      gateway.respond do |request|
        busy = settled_busy(shown, within) if number_of(request) == 1
        answer_of("Hi")
      end
      configure(**settings)
      Thread.new { ask_all(2) { shown << model.connection.select_value("SELECT 1") } }.join
      busy
    end

    # The thread lets go of it a moment after the block, or never.
    def settled_busy(shown, within)
      shown.pop
      poll(within) { model.connection_pool.stat[:busy].zero? }
      model.connection_pool.stat[:busy]
    end

    it "keeps no connection until the next is through", :slow do
      expect([taken(release_connections: true), taken(release_connections: false, within: 2)]).to eq([0, 1])
    end

    it "leaves none to the wait that a budget of the app's own has taken" do
      rows = model
      budget.define_singleton_method(:charge!) { |cost| super(cost) && rows.connection.execute("SELECT 1") }
      expect(taken(release_connections: true)).to eq(0)
    end
  end

  it "may fork: the child receives no result and reports no call of its parent's" do
    gateway.answer("Hi", delay: 0.5)
    gateway.answer("Hi", times: 2)
    configure
    reader, writer = IO.pipe
    parent = Process.pid
    listener = ->(*) { writer.syswrite("reported;") unless Process.pid == parent }
    ActiveSupport::Notifications.subscribed(listener, "call.llm_router") { fork_once(writer, parent) }
    writer.close
    expect(reader.read).to eq("shown;")
  end

  # In the child, the first show ends in it.
  def fork_once(here, parent)
    child = nil
    ask_all(4) do
      child ||= gateway.await_requests(4) && fork
      here.syswrite("shown;") unless Process.pid == parent
    end
    Process.wait(child)
  rescue LlmRouter::Error
    raise if Process.pid == parent
  ensure
    exit!(0) unless Process.pid == parent
  end
end
