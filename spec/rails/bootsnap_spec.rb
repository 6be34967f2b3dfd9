# frozen_string_literal: true

require_relative "own_app"

# What `rails new` adds by default.
RSpec.describe "A Rails app with llm_router and bootsnap", :slow do
  include OwnApp

  let(:call) do
    "print LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [{ role: 'user', content: 'Hi' }]).content"
  end

  it "answers from a cold cache and from a warm one" do
    gateway.answer("On its way.")
    boot = File.join(app.path, "config/boot.rb")
    before = File.read(boot)
    File.write(boot, "#{before}\nrequire \"bootsnap/setup\"\n")
    2.times { expect(app.runner(call, GATEWAY_URL: gateway.base_url)).to end_with("On its way.") }
    expect(Dir[File.join(app.path, "tmp/cache/bootsnap/**/*")].size).to be > 100
  ensure
    File.write(boot, before)
  end
end
