# frozen_string_literal: true

require "llm_router/notifications"
require_relative "../../budget/budget_helper"
require_relative "batch_helper"

RSpec.describe LlmRouter, "#call_all and its block" do
  include BatchHelper

  it "is shown what has arrived before more is asked" do
    gateway.answer("Hi")
    asked = []
    ask_all(4, concurrency: 1) { sleep(0.1) && asked.push(gateway.requests.size) }
    expect(asked).to eq([1, 2, 3, 4])
  end

  it "is shown what was refused before more is asked for" do
    budget.define_singleton_method(:exhausted?) { (@asked += 1) && raise(IOError) }
    asked = []
    ask_all(3) { asked << budget.asked }
    expect(asked).to eq([1, 2, 3])
  end

  it "takes none of the time that the others have until their deadlines" do
    gateway.answer("Hi")
    gateway.respond(Support::PRIMARY) { |request| number_of(request).zero? ? answer_of("Hi") : (sleep(0.1) && unwell) }
    results = router(deadline: 1).call_all(requests(3)) { |_, result| sleep(1.2) unless result.fallback? }
    expect(results.map { |result| reasons(result.hops) }).to eq([[], [:unavailable], [:unavailable]])
  end

  def unwell
    [503, {}, "{}"]
  end

  describe "with a database", database: :sqlite do
    # How many connections are taken while the second of two requests is on the wire.
    def taken(**settings)
      busy = nil
      shown = Queue.new
      # That of the examples' own thread.
      model.connection_pool.release_connection
      gateway.respond do |request|
        busy = settled_busy(shown) if number_of(request) == 1
        answer_of("Hi")
      end
      configure(**settings)
      Thread.new { ask_all(2) { shown << model.connection.select_value("SELECT 1") } }.join
      busy
    end

    # The thread lets go of it a moment after the block, or never.
    def settled_busy(shown)
      shown.pop
      40.times.each { model.connection_pool.stat[:busy].zero? ? break : sleep(0.05) }
      model.connection_pool.stat[:busy]
    end

    it "keeps no connection until the next is through" do
      expect([taken(release_connections: true), taken(release_connections: false)]).to eq([0, 1])
    end

    it "leaves none to the wait that a budget of the app's own has taken" do
      rows = model
      budget.define_singleton_method(:charge!) { |cost| super(cost) && rows.connection.execute("SELECT 1") }
      expect(taken(release_connections: true)).to eq(0)
    end
  end

  it "may fork: the child is shown no more, and tells of no call of its parent's" do
    gateway.answer("Hi", delay: 0.5)
    gateway.answer("Hi", times: 2)
    configure
    told, here = IO.pipe
    parent = Process.pid
    listener = ->(*) { here.syswrite("told;") unless Process.pid == parent }
    ActiveSupport::Notifications.subscribed(listener, "call.llm_router") { fork_once(here, parent) }
    here.close
    expect(told.read).to eq("shown;")
  end

  # In the child, the first show ends in it.
  def fork_once(here, parent)
    child = nil
    ask_all(4) do
      child ||= sleep(0.2) && fork
      here.syswrite("shown;") unless Process.pid == parent
    end
    Process.wait(child)
  rescue LlmRouter::Error
    raise if Process.pid == parent
  ensure
    exit!(0) unless Process.pid == parent
  end
end
