# frozen_string_literal: true

RSpec.describe LlmRouter, "and its connections" do
  it "keeps a connection alive from call to call" do
    gateway.answer("Hi")
    5.times { ask }
    expect(gateway.connections).to eq(1)
  end

  %i[close reset].each do |ending|
    it "replaces a kept connection that the server did #{ending} meanwhile, without a hop", slow: ending == :reset do
      gateway.answer("Hi", then: ending)
      20.times do
        expect(ask.hops).to be_empty
        gateway.await_hangup
      end
      expect(gateway.requests.size).to eq(20)
    end
  end

  it "serves parent and child after a fork" do
    gateway.answer("Hi")
    shared = router
    shared.call(messages: Support::MESSAGES)
    reader, writer = IO.pipe
    child = fork do
      reader.close
      writer.write(Array.new(3) { shared.call(messages: Support::MESSAGES).content }.join(","))
      writer.close
      exit!(0)
    end
    writer.close
    expect(reader.read).to eq("Hi,Hi,Hi")
    Process.wait(child)
    expect(shared.call(messages: Support::MESSAGES).content).to eq("Hi")
    expect(gateway.connections).to eq(2)
  end
end
